// `Sockets` owns descriptors of sockets, and closes those that nobody takes.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace bellwether::serve {

class Sockets {
  public:
    Sockets() = default;
    Sockets(Sockets&& other) noexcept : all_(other.take()) {}
    Sockets& operator=(Sockets&& other) noexcept {
        std::swap(all_, other.all_);
        return *this;
    }
    ~Sockets();

    bool empty() const { return all_.empty(); }
    std::size_t size() const { return all_.size(); }
    int operator[](std::size_t index) const { return all_[index]; }
    void add(int socket) { all_.push_back(socket); }
    // Duplicates them in turn until there are at least `count`, which needs one to begin with.
    // False: the process has no descriptor left.
    bool duplicate(std::size_t count);
    std::vector<int> take() { return std::exchange(all_, {}); }

  private:
    std::vector<int> all_;
};

}  // namespace bellwether::serve
