// A pipe whose other end a test reads, without waiting.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace bellwether::observe::test {

class Pipe {
  public:
    Pipe() {
        if (::pipe2(ends_, O_CLOEXEC) != 0) ::abort();
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    }
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int input() const { return ends_[1]; }

    // What one read(2) gives: on a pipe, several writes may come together.
    std::string read() {
        std::string text(1 << 20, '\0');
        const auto size = ::read(ends_[0], text.data(), text.size());
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

  private:
    int ends_[2] = {-1, -1};
};

// Sends standard error into a pipe for as long as it lives.
class CapturedStderr {
  public:
    CapturedStderr() : original_(::dup(STDERR_FILENO)) { ::dup2(pipe_.input(), STDERR_FILENO); }
    ~CapturedStderr() {
        ::dup2(original_, STDERR_FILENO);
        ::close(original_);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;

    std::string read() { return pipe_.read(); }

  private:
    Pipe pipe_;
    int original_;
};

}  // namespace bellwether::observe::test
