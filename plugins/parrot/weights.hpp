// What was learnt from text.txt when the plugin was built, and what is made of it once for all
// instances.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model.hpp"
#include "tables.hpp"
#include "tokens.hpp"

namespace parrot {

extern const Tables k_weights;  // in the source that train.cpp writes

// The model, and the words that it was asked to read lately. Any number of threads.
class Weights {
  public:
    explicit Weights(const Tables& tables) : model_(tables) {}

    const Model& model() const { return model_; }
    // The tokens of a text.
    void encode(std::string_view text, std::vector<Token>& out) {
        while (!text.empty()) {
            const std::string_view word = next_word(text);
            encode_word(word, out);
            text.remove_prefix(word.size());
        }
    }
    // Gives back the memory that the words take.
    void forget_words() {
        std::unordered_map<std::string, std::vector<Token>> none;
        const std::lock_guard<std::mutex> lock(mutex_);
        words_.swap(none);
    }
    std::size_t words_known() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return words_.size();
    }

  private:
    static constexpr std::size_t k_words_max = 4096;

    void encode_word(std::string_view word, std::vector<Token>& out) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (words_.size() == k_words_max) words_.clear();
        const auto [known, is_new] = words_.try_emplace(std::string(word));
        if (is_new) known->second = model_.vocabulary().encode_word(word);
        out.insert(out.end(), known->second.begin(), known->second.end());
    }

    const Model model_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::vector<Token>> words_;
};

}  // namespace parrot
