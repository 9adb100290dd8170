// Chooses the next token among those that are likely.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tables.hpp"

namespace parrot {

struct Sampling {
    double temperature = 1;  // 0: always the likeliest token
    double top_p = 1;        // among the likeliest that have so much probability together
    double presence_penalty = 0;
    double frequency_penalty = 0;
};

// SplitMix64. The same seed gives the same numbers.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    // From 0 to below 1.
    double unit() {
        state_ += 0x9e3779b97f4a7c15u;
        std::uint64_t bits = state_;
        bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
        bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
        bits ^= bits >> 31;
        return static_cast<double>(bits >> 11) * 0x1.0p-53;
    }

  private:
    std::uint64_t state_;
};

// A token, with what it weighs in the choice.
struct Ranked {
    Token token;
    double weight;
};

// One choice's. Remembers what it has said, for the penalties.
class Sampler {
  public:
    Sampler(const Sampling& sampling, std::uint64_t seed) : sampling_(sampling), random_(seed) {}

    // `probabilities` has one of each token; at least one is not 0. `room` is kept by the caller.
    Token choose(const std::vector<double>& probabilities, std::vector<Ranked>& room) {
        rank(probabilities, room);
        const Token token = sampling_.temperature == 0 ? likeliest(room).token : draw(room);
        if (has_penalties()) ++said_[token];
        return token;
    }

  private:
    bool has_penalties() const {
        return sampling_.presence_penalty != 0 || sampling_.frequency_penalty != 0;
    }
    double penalty(Token token) const {
        const auto said = said_.find(token);
        if (said == said_.end()) return 0;
        return sampling_.presence_penalty + sampling_.frequency_penalty * said->second;
    }
    // The logarithm of each probability, less the penalties.
    void rank(const std::vector<double>& probabilities, std::vector<Ranked>& room) const {
        room.clear();
        for (std::size_t i = 0; i < probabilities.size(); ++i) {
            if (probabilities[i] <= 0) continue;
            const auto token = static_cast<Token>(i);
            room.push_back({token, std::log(probabilities[i]) - penalty(token)});
        }
    }
    // Of several the one with the lowest number.
    static Ranked likeliest(const std::vector<Ranked>& room) {
        return *std::max_element(room.begin(), room.end(), [](const Ranked& a, const Ranked& b) {
            return a.weight < b.weight;
        });
    }
    Token draw(std::vector<Ranked>& room) {
        const double most = likeliest(room).weight;
        double all = 0;
        for (Ranked& one : room) {
            one.weight = std::exp((one.weight - most) / sampling_.temperature);
            all += one.weight;
        }
        if (sampling_.top_p < 1) all = keep_likeliest(room, all * sampling_.top_p);
        double left = random_.unit() * all;
        for (const Ranked& one : room) {
            left -= one.weight;
            if (left < 0) return one.token;
        }
        return likeliest(room).token;  // rounding
    }
    // Keeps the fewest that weigh `enough` together, and gives what they weigh.
    static double keep_likeliest(std::vector<Ranked>& room, double enough) {
        std::sort(room.begin(), room.end(), [](const Ranked& a, const Ranked& b) {
            return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
        });
        double kept = 0;
        std::size_t count = 0;
        while (count < room.size() && (count == 0 || kept < enough)) kept += room[count++].weight;
        room.resize(count);
        return kept;
    }

    Sampling sampling_;
    Random random_;
    std::unordered_map<Token, int> said_;
};

}  // namespace parrot
