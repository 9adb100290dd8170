// Makes the tokens of one call's answer, one at a time.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ask.hpp"
#include "sampler.hpp"
#include "stops.hpp"
#include "weights.hpp"

namespace parrot {

// What a call has to say next: a piece of a choice, or why the choice ends.
struct Output {
    std::size_t choice;
    Piece piece;
    const char* finish = nullptr;  // not null: there is no piece
};

struct Counts {
    std::int64_t input = -1;  // not known before all prompts have been read
    std::int64_t output = 0;
};

// Used by one thread at a time, which need not be the same.
class Generation {
  public:
    // Throws bw::Error if it is plain from their size that the prompts are too long.
    Generation(std::shared_ptr<Weights> weights, Ask ask)
        : weights_(std::move(weights)), ask_(std::move(ask)) {
        const std::size_t longest = weights_->model().vocabulary().longest();
        for (const auto& turns : ask_.prompts) {
            std::size_t bytes = 0;
            for (const std::string& turn : turns) bytes += turn.size();
            check_length(bytes / longest + (ask_.chat ? turns.size() + 1 : 0));
        }
    }

    // Reads one more prompt or, once all are read, makes one more token of the choice whose turn it
    // is; appends what can be said. Throws bw::Error if a prompt is too long.
    void advance(std::vector<Output>& out) {
        if (ask_.prompts.size() > read_.size()) {
            read_prompt();
            if (ask_.prompts.size() == read_.size()) begin_choices();
            return;
        }
        while (choices_[turn_].finished) turn_ = (turn_ + 1) % choices_.size();
        say_token(turn_, out);
        turn_ = (turn_ + 1) % choices_.size();
    }
    bool finished() const { return unfinished_ == 0 && !choices_.empty(); }
    // Tokens that it may come to at most.
    std::int64_t most() const {
        return ask_.output_max * static_cast<std::int64_t>(ask_.choices());
    }
    Counts counts() const { return {choices_.empty() ? -1 : input_tokens_, output_tokens_}; }

  private:
    struct Read {
        std::vector<Token> last;   // of the prompt, as many as the model looks at
        std::vector<Token> topic;  // the longer words that it mentions
        std::int64_t room = 0;     // for each choice
    };
    struct Choice {
        const Read* prompt;
        std::vector<Token> before;  // as many as the model looks at
        std::vector<Token> topic;   // that it has not mentioned yet
        Sampler sampler;
        Stops stops;
        std::int64_t said = 0;
        bool finished = false;
    };

    void check_length(std::size_t tokens) const {
        if (static_cast<std::int64_t>(tokens) < ask_.offer->context) return;
        throw bw::Error(BW_E_CONTEXT_LENGTH, "the prompt has at least " + std::to_string(tokens) +
                                                 " tokens, and with its answer the model takes " +
                                                 std::to_string(ask_.offer->context) +
                                                 ": shorten it")
            .code("context_length_exceeded")
            .param(ask_.chat ? "messages" : "prompt");
    }

    // Every turn of a conversation has an end; then the reply begins.
    void read_prompt() {
        std::vector<std::string>& turns = ask_.prompts[read_.size()];
        std::vector<Token> tokens;
        Read read;
        for (std::string& turn : turns) {
            weights_->encode(turn, tokens);
            if (ask_.chat) tokens.push_back(k_end);
            add_topic(turn, read.topic);
            turn = {};
        }
        std::sort(read.topic.begin(), read.topic.end());
        read.topic.erase(std::unique(read.topic.begin(), read.topic.end()), read.topic.end());
        if (ask_.chat || tokens.empty()) tokens.push_back(k_begin);
        check_length(tokens.size());
        const auto count = static_cast<std::int64_t>(tokens.size());
        input_tokens_ += count;
        read.room = std::min(ask_.output_max, ask_.offer->context - count);
        read.last.assign(tokens.end() - std::min<std::ptrdiff_t>(count, k_order - 1), tokens.end());
        read_.push_back(std::move(read));
    }
    // Words of four letters and more, as they stand within a sentence.
    void add_topic(const std::string& text, std::vector<Token>& topic) {
        std::vector<Token> tokens;
        weights_->encode(" " + bw::ascii::lower(text), tokens);
        for (const Token token : tokens) {
            constexpr std::size_t k_bytes_min = 5;  // with the space
            if (weights_->model().vocabulary().text(token).size() >= k_bytes_min) {
                topic.push_back(token);
            }
        }
    }
    void begin_choices() {
        for (std::size_t i = 0; i < ask_.choices(); ++i) {
            const Read& prompt = read_[i / ask_.copies];
            const std::uint64_t seed = ask_.seed + i * 0x9e3779b97f4a7c15u;
            choices_.push_back({&prompt, prompt.last, prompt.topic, Sampler(ask_.sampling, seed),
                                Stops(ask_.stops)});
        }
        unfinished_ = choices_.size();
    }

    void say_token(std::size_t index, std::vector<Output>& out) {
        Choice& choice = choices_[index];
        predict(choice);
        const Token token = choice.sampler.choose(likely_, ranked_);
        if (token == k_end) return finish(index, "stop", out);
        ++choice.said;
        ++output_tokens_;
        choice.before.push_back(token);
        if (choice.before.size() >= k_order) choice.before.erase(choice.before.begin());
        choice.topic.erase(std::remove(choice.topic.begin(), choice.topic.end(), token),
                           choice.topic.end());
        const bool stopped = choice.stops.take(piece_of(token), pieces_);
        const bool full = choice.said == choice.prompt->room;
        flush(index, out);
        if (stopped || full) finish(index, stopped ? "stop" : "length", out);
    }
    // What the prompt mentions is likelier to be mentioned, where it can stand, once.
    void predict(const Choice& choice) {
        constexpr double k_topic = 8;
        weights_->model().predict({choice.before.data(), choice.before.size()}, ask_.offer->order,
                                  likely_);
        if (ask_.endless || choice.said == 0) likely_[k_end] = 0;
        for (const Token token : choice.topic) likely_[token] *= k_topic;
        double all = 0;
        for (const double probability : likely_) all += probability;
        for (double& probability : likely_) probability /= all;
    }
    Piece piece_of(Token token) const {
        Piece piece{token, weights_->model().vocabulary().text(token), 0, {}};
        if (!ask_.logprobs) return piece;
        piece.logprob = std::log(likely_[token]);
        std::vector<Ranked> ranked;
        for (std::size_t i = 0; i < likely_.size(); ++i) {
            if (likely_[i] > 0) ranked.push_back({static_cast<Token>(i), likely_[i]});
        }
        const auto middle =
            ranked.begin() + static_cast<std::ptrdiff_t>(std::min(ask_.likeliest, ranked.size()));
        std::partial_sort(ranked.begin(), middle, ranked.end(),
                          [](const Ranked& a, const Ranked& b) {
                              return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
                          });
        std::for_each(ranked.begin(), middle, [&](const Ranked& one) {
            piece.likeliest.push_back({one.token, std::log(one.weight)});
        });
        return piece;
    }
    void flush(std::size_t index, std::vector<Output>& out) {
        for (Piece& piece : pieces_) out.push_back({index, std::move(piece), nullptr});
        pieces_.clear();
    }
    void finish(std::size_t index, const char* reason, std::vector<Output>& out) {
        choices_[index].stops.finish(pieces_);
        flush(index, out);
        out.push_back({index, {}, reason});
        choices_[index].finished = true;
        --unfinished_;
    }

    std::shared_ptr<Weights> weights_;
    Ask ask_;
    std::vector<Read> read_;
    std::vector<Choice> choices_;
    std::size_t turn_ = 0;
    std::size_t unfinished_ = 0;
    std::int64_t input_tokens_ = 0;
    std::int64_t output_tokens_ = 0;
    std::vector<double> likely_;  // kept for their room, as the next two are
    std::vector<Ranked> ranked_;
    std::vector<Piece> pieces_;
};

}  // namespace parrot
