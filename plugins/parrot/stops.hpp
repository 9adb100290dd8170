// Stop sequences: what may be said of the pieces of an answer, and where it ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tables.hpp"

namespace parrot {

// A token that might have stood in another's place.
struct Likely {
    Token token;
    double logprob;
};

// One token of an answer.
struct Piece {
    Token token;
    std::string text;  // shorter than the token's where a stop sequence begins within it
    double logprob = 0;
    std::vector<Likely> likeliest;  // as many as were asked for
};

// Holds back each piece that may turn out to belong to a stop sequence. One choice's.
class Stops {
  public:
    explicit Stops(std::vector<std::string> stops) : stops_(std::move(stops)) {}

    // Takes a piece and appends to `out` those that are certain by now. True: a stop sequence is
    // complete; the text before it is out, and all is over.
    bool take(Piece piece, std::vector<Piece>& out) {
        text_ += piece.text;
        held_.push_back(std::move(piece));
        std::size_t met = std::string::npos;
        for (const std::string& stop : stops_) met = std::min(met, text_.find(stop));
        if (met == std::string::npos) {
            release(text_.size() - undecided(), out);
            return false;
        }
        const std::size_t left = release(met, out);
        if (left > 0) {
            held_.front().text.resize(left);
            out.push_back(std::move(held_.front()));
        }
        held_.clear();
        return true;
    }
    // Appends what is still held: no stop sequence has come.
    void finish(std::vector<Piece>& out) {
        for (Piece& piece : held_) out.push_back(std::move(piece));
        held_.clear();
    }

  private:
    // How many bytes at the end of the text may be the beginning of a stop sequence.
    std::size_t undecided() const {
        std::size_t longest = 0;
        for (const std::string& stop : stops_) {
            for (std::size_t bytes = std::min(stop.size() - 1, text_.size()); bytes > longest;
                 --bytes) {
                const auto end = std::string_view(text_).substr(text_.size() - bytes);
                if (end == std::string_view(stop).substr(0, bytes)) longest = bytes;
            }
        }
        return longest;
    }
    // Moves out the pieces that end within the first `bytes` bytes of the text; gives how many of
    // these are left.
    std::size_t release(std::size_t bytes, std::vector<Piece>& out) {
        std::size_t released = 0;
        while (!held_.empty() && released + held_.front().text.size() <= bytes) {
            released += held_.front().text.size();
            out.push_back(std::move(held_.front()));
            held_.pop_front();
        }
        text_.erase(0, released);
        return bytes - released;
    }

    std::vector<std::string> stops_;
    std::deque<Piece> held_;
    std::string text_;  // of what is held
};

}  // namespace parrot
