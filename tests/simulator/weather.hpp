// How one upstream does for a while: well most of the time, then for some minutes dead, slow, full
// or in a storm of errors. Chance decides.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "chance.hpp"

namespace bellwether::simulator {

enum class Sky : std::uint8_t {
    fair,      // a few of its answers fail
    dead,      // nobody can be reached
    silent,    // requests are taken, and nothing is answered
    storm,     // each request fails with a status of 5xx
    slow,      // as fair, but ten times as slow
    full,      // its rate limit refuses all requests
    refusing,  // each request is answered with a 503 at once
};

// How one of several keys of a provider does for a while.
enum class KeySky : std::uint8_t {
    good,
    refused,
    empty,  // its account is out of credit
    full,   // its rate limit refuses all requests
};

class KeyWeather {
  public:
    KeySky sky(Chance& chance, Clock::time_point now) {
        while (now >= until_) {
            constexpr KeySky k_bad[] = {KeySky::refused, KeySky::empty, KeySky::full};
            const bool turns_bad = sky_ == KeySky::good && until_ != Clock::time_point();
            sky_ = turns_bad ? k_bad[chance.below(std::size(k_bad))] : KeySky::good;
            until_ = now + std::chrono::seconds(chance.between(5, turns_bad ? 200 : 120));
        }
        return sky_;
    }

  private:
    KeySky sky_ = KeySky::good;
    Clock::time_point until_{};
};

class Weather {
  public:
    Sky sky(Chance& chance, Clock::time_point now) {
        while (now >= until_) change(chance, now);
        return sky_;
    }

  private:
    void change(Chance& chance, Clock::time_point now) {
        using std::chrono::seconds;
        constexpr Sky k_bad[] = {Sky::dead, Sky::silent, Sky::storm, Sky::slow, Sky::full};
        const bool begins = until_ == Clock::time_point();
        const bool turns_bad = sky_ == Sky::fair && !begins;
        sky_ = turns_bad ? k_bad[chance.below(std::size(k_bad))] : Sky::fair;
        // The first one is short, so that a short run has bad ones as well.
        const auto fair = begins ? chance.between(5, 150) : chance.between(60, 1'200);
        until_ = now + seconds(turns_bad ? chance.between(20, 300) : fair);
    }

    Sky sky_ = Sky::fair;
    Clock::time_point until_{};  // the beginning of the clock: it has had no weather yet
};

}  // namespace bellwether::simulator
