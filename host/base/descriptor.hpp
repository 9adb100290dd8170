// `Descriptor` owns a file descriptor, which is closed with the object.
#pragma once

#include <utility>

namespace bellwether {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}  // below 0: there is none
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = other.release();
        }
        return *this;
    }

    explicit operator bool() const { return number_ >= 0; }
    int get() const { return number_; }
    void reset();
    int release() { return std::exchange(number_, -1); }

  private:
    int number_ = -1;
};

}  // namespace bellwether
