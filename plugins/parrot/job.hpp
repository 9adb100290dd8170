// One call's work, between the thread that does it and the loop that sends what came of it.
#pragma once

#include <bellwether/ext/engine.h>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "generation.hpp"

namespace parrot {

// Outputs that a call has room for. A job that has filled it is parked until the client reads on.
constexpr std::size_t k_outputs_max = 64;

enum class JobState {
    waiting,  // for a thread
    running,  // a thread has it
    parked,   // its client reads too slowly
    over      // done, failed or unwanted
};

// All that has come of a job since the loop last asked.
struct Taken {
    std::vector<Output> outputs;
    Counts counts;
    std::exception_ptr failure;
    bool complete = false;
};

// Everything but the ticket and the generation is guarded by the mutex of Workers.
struct Job {
    Job(bw_ticket number, Generation&& work) : ticket(number), generation(std::move(work)) {}

    const bw_ticket ticket;
    Generation generation;  // of the thread that runs the job
    JobState state = JobState::waiting;
    bool unwanted = false;
    std::condition_variable unwanted_now;
    Taken made;
};

using JobPointer = std::shared_ptr<Job>;

}  // namespace parrot
