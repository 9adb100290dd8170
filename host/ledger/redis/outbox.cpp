#include "ledger/redis/outbox.hpp"

#include <utility>

namespace bellwether::ledger {

RedisOutbox::TaskPointer RedisOutbox::note(const HoldId& id, Words words) {
    const Lock lock(mutex_);
    if (!ids_.insert(id).second) return nullptr;
    const std::uint64_t number = ++last_;
    auto task = std::make_shared<const Task>(std::move(words), id, number);
    tasks_.emplace(number, task);
    size_.store(tasks_.size(), std::memory_order_relaxed);
    return task;
}

void RedisOutbox::confirm(const Task& task) {
    {
        const Lock lock(mutex_);
        if (tasks_.erase(task.number) == 0) return;
        ids_.erase(task.id);
        size_.store(tasks_.size(), std::memory_order_relaxed);
    }
    confirmed_.notify_all();
}

bool RedisOutbox::hand_over(TaskPointer task) {
    const Lock lock(mutex_);
    handed_over_.push_back(std::move(task));
    return handed_over_.size() == 1;
}

void RedisOutbox::hand_over_all() {
    const Lock lock(mutex_);
    for (const auto& [number, task] : tasks_) handed_over_.push_back(task);
}

std::vector<RedisOutbox::TaskPointer> RedisOutbox::take() {
    const Lock lock(mutex_);
    return std::exchange(handed_over_, {});
}

bool RedisOutbox::wait_until(Condition::Time end) {
    const Lock lock(mutex_);
    const std::uint64_t last = last_;
    return confirmed_.wait_until(mutex_, end, [&]() REQUIRES(mutex_) {
        return tasks_.empty() || tasks_.begin()->first > last;
    });
}

}  // namespace bellwether::ledger
