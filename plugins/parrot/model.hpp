// The language model: how likely each token is after those before it. Interpolated Kneser-Ney over
// runs of up to four tokens.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tables.hpp"
#include "tokens.hpp"

namespace parrot {

// Constant once made; any number of threads.
class Model {
  public:
    explicit Model(const Tables& tables)
        : tables_(tables), vocabulary_(tables.characters, tables.merges) {
        for (std::size_t length = 0; length < k_order; ++length) {
            discounts_[length] = discount(tables.grams[length]);
        }
        double all = 0;
        for (const Gram& gram : tables.grams[0]) all += gram.count;
        alone_.resize(vocabulary_.size());
        for (const Gram& gram : tables.grams[0]) alone_[gram.last] = gram.count / all;
    }

    const Vocabulary& vocabulary() const { return vocabulary_; }
    std::uint64_t fingerprint() const { return tables_.fingerprint; }

    // The probability of every token after `before`, of which the last `order - 1` count. Only
    // whole characters are ever likely: a byte that is none by itself has probability 0.
    void predict(Span<Token> before, std::size_t order, std::vector<double>& out) const {
        out = alone_;
        const std::size_t longest = std::min({order, k_order, before.size + 1});
        for (std::size_t length = 2; length <= longest; ++length) {
            const Token* const context = before.end() - (length - 1);
            if (!refine({context, length - 1}, out)) return;
        }
    }

  private:
    // Absolute discounting, by the runs that occurred once and twice; of that a part: what is best
    // for foretelling a text leaves, of so small a one, too much to runs that never occurred.
    static double discount(Span<Gram> grams) {
        constexpr double k_part = 0.4;
        double once = 0;
        double twice = 0;
        for (const Gram& gram : grams) {
            once += gram.count == 1 ? 1 : 0;
            twice += gram.count == 2 ? 1 : 0;
        }
        return once == 0 ? k_part : k_part * once / (once + 2 * twice);
    }

    // The children of the run `context`; empty if it never occurred.
    Span<Gram> followers(Span<Token> context) const {
        Span<Gram> among = tables_.grams[0];
        for (std::size_t i = 0; i < context.size; ++i) {
            const Gram* const found =
                std::lower_bound(among.begin(), among.end(), context[i],
                                 [](const Gram& gram, Token token) { return gram.last < token; });
            if (found == among.end() || found->last != context[i]) return {};
            const Span<Gram>& level = tables_.grams[i];
            const Span<Gram>& next = tables_.grams[i + 1];
            const std::size_t end = found + 1 == level.end() ? next.size : found[1].children;
            among = {next.data + found->children, end - found->children};
        }
        return among;
    }

    // From the probabilities after a shorter context to those after this one.
    bool refine(Span<Token> context, std::vector<double>& out) const {
        const Span<Gram> grams = followers(context);
        double all = 0;
        for (const Gram& gram : grams) all += gram.count;
        if (all == 0) return false;
        const double less = discounts_[context.size];
        const double rest = less * static_cast<double>(grams.size) / all;
        for (double& probability : out) probability *= rest;
        for (const Gram& gram : grams) out[gram.last] += (gram.count - less) / all;
        return true;
    }

    const Tables& tables_;
    Vocabulary vocabulary_;
    std::array<double, k_order> discounts_{};
    std::vector<double> alone_;  // without any context
};

}  // namespace parrot
