// Learns the parrot's tables from a text and writes them as C++ source: train TEXT WEIGHTS.cpp.
// Paragraphs are divided by empty lines. The same text gives the same source, byte for byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tables.hpp"
#include "tokens.hpp"

namespace parrot {
namespace {

constexpr std::size_t k_merges = 900;
constexpr std::size_t k_pair_count_min = 2;  // rarer pairs are not worth a token

using Run = std::vector<Token>;

std::vector<std::string> paragraphs_of(const std::string& text) {
    std::vector<std::string> all;
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = std::min(text.find("\n\n", from), text.size());
        std::string paragraph = text.substr(from, end - from);
        while (!paragraph.empty() && paragraph.back() == '\n') paragraph.pop_back();
        if (!paragraph.empty()) all.push_back(std::move(paragraph));
        from = end + 2;
    }
    return all;
}

// The characters of more than one byte, each once.
std::vector<std::string> characters_of(const std::vector<std::string>& paragraphs) {
    std::set<std::string> all;
    for (std::string_view text : paragraphs) {
        while (!text.empty()) {
            const std::size_t bytes = detail::character_bytes(text);
            if (bytes > 1) all.emplace(text.substr(0, bytes));
            text.remove_prefix(bytes);
        }
    }
    return {all.begin(), all.end()};
}

struct WordCount {
    Run tokens;
    std::size_t count = 0;
};

// The pair that occurs most often in all words; of several the first by its tokens.
std::pair<Merge, std::size_t> commonest_pair(const std::vector<WordCount>& words) {
    std::map<std::pair<Token, Token>, std::size_t> pairs;
    for (const WordCount& word : words) {
        for (std::size_t i = 0; i + 1 < word.tokens.size(); ++i) {
            pairs[{word.tokens[i], word.tokens[i + 1]}] += word.count;
        }
    }
    Merge best{};
    std::size_t most = 0;
    for (const auto& [pair, count] : pairs) {
        if (count <= most) continue;
        best = {pair.first, pair.second};
        most = count;
    }
    return {best, most};
}

std::vector<Merge> learn_merges(const std::vector<std::string>& paragraphs,
                                const Vocabulary& characters) {
    std::map<std::string, std::size_t> counts;
    for (std::string_view text : paragraphs) {
        while (!text.empty()) {
            const std::string_view word = next_word(text);
            ++counts[std::string(word)];
            text.remove_prefix(word.size());
        }
    }
    std::vector<WordCount> words;
    for (const auto& [word, count] : counts) {
        words.push_back({characters.encode_word(word), count});
    }
    std::vector<Merge> merges;
    while (merges.size() < k_merges) {
        const auto [pair, count] = commonest_pair(words);
        if (count < k_pair_count_min) break;
        const auto merged = static_cast<Token>(characters.size() + merges.size());
        merges.push_back(pair);
        for (WordCount& word : words) Vocabulary::replace(word.tokens, pair, merged);
    }
    return merges;
}

// Each paragraph's tokens, from its beginning to its end.
std::vector<Run> sequences_of(const std::vector<std::string>& paragraphs,
                              const Vocabulary& vocabulary) {
    std::vector<Run> sequences;
    for (std::string_view text : paragraphs) {
        Run tokens = {k_begin};
        while (!text.empty()) {
            const std::string_view word = next_word(text);
            const Run encoded = vocabulary.encode_word(word);
            tokens.insert(tokens.end(), encoded.begin(), encoded.end());
            text.remove_prefix(word.size());
        }
        tokens.push_back(k_end);
        sequences.push_back(std::move(tokens));
    }
    return sequences;
}

// How often each run of `length` tokens occurs.
std::map<Run, std::uint32_t> runs_of(const std::vector<Run>& sequences, std::size_t length) {
    std::map<Run, std::uint32_t> runs;
    for (const Run& tokens : sequences) {
        for (auto begin = tokens.begin();
             static_cast<std::size_t>(std::distance(begin, tokens.end())) >= length; ++begin) {
            ++runs[Run(begin, begin + static_cast<std::ptrdiff_t>(length))];
        }
    }
    return runs;
}

// As Kneser and Ney count: after how many different tokens a run occurs. Nothing stands before a
// paragraph, so runs from there keep how often they occur; the beginning itself is never predicted.
void count_predecessors(std::map<Run, std::uint32_t>& runs,
                        const std::map<Run, std::uint32_t>& longer) {
    for (auto& [run, count] : runs) {
        if (run.front() != k_begin || run.size() == 1) count = 0;
    }
    for (const auto& [run, count] : longer) {
        Run rest(run.begin() + 1, run.end());
        ++runs[rest];
    }
}

using Levels = std::vector<std::vector<Gram>>;

Levels levels_of(const std::vector<Run>& sequences) {
    std::vector<std::map<Run, std::uint32_t>> runs;
    for (std::size_t length = 1; length <= k_order; ++length) {
        runs.push_back(runs_of(sequences, length));
    }
    for (std::size_t i = 0; i + 1 < k_order; ++i) count_predecessors(runs[i], runs[i + 1]);
    Levels levels(k_order);
    for (std::size_t i = 0; i < k_order; ++i) {
        std::uint32_t children = 0;
        auto child = i + 1 < k_order ? runs[i + 1].begin() : runs[i].end();
        const auto last_child = i + 1 < k_order ? runs[i + 1].end() : runs[i].end();
        for (const auto& [run, count] : runs[i]) {
            levels[i].push_back({run.back(), count, children});
            while (child != last_child &&
                   std::equal(run.begin(), run.end(), child->first.begin())) {
                ++child;
                ++children;
            }
        }
    }
    return levels;
}

// FNV-1a over the source itself.
std::uint64_t fingerprint_of(std::string_view source) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : source) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

std::string source_of(const std::vector<std::string>& characters, const std::vector<Merge>& merges,
                      const Levels& levels) {
    std::string out =
        "// Written by train.cpp.\n#include <iterator>\n\n#include \"weights.hpp\"\n\nnamespace "
        "parrot {\n";
    out += "namespace {\n\nconstexpr const char* k_characters[] = {\n";
    for (const std::string& character : characters) out += "\"" + character + "\",\n";
    out += "};\nconstexpr Merge k_merges[] = {\n";
    for (const Merge& merge : merges) {
        out += "{" + std::to_string(merge.left) + "," + std::to_string(merge.right) + "},\n";
    }
    for (std::size_t i = 0; i < levels.size(); ++i) {
        out += "};\nconstexpr Gram k_grams_" + std::to_string(i + 1) + "[] = {\n";
        for (const Gram& gram : levels[i]) {
            out += "{" + std::to_string(gram.last) + "," + std::to_string(gram.count) + "," +
                   std::to_string(gram.children) + "},\n";
        }
    }
    const auto span = [](const std::string& name) {
        return "{" + name + ", std::size(" + name + ")}";
    };
    const std::string fingerprint = std::to_string(fingerprint_of(out)) + "u";
    out += "};\n\n}  // namespace\n\nconst Tables k_weights = {\n" + span("k_characters") + ",\n" +
           span("k_merges") + ",\n{";
    for (std::size_t i = 0; i < levels.size(); ++i) {
        out += span("k_grams_" + std::to_string(i + 1)) + ",\n";
    }
    return out + "},\n" + fingerprint + "};\n\n}  // namespace parrot\n";
}

int train(const char* text_path, const char* source_path) {
    std::ifstream in(text_path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::vector<std::string> paragraphs = paragraphs_of(text);
    if (paragraphs.empty()) {
        std::cerr << "train: nothing to learn in " << text_path << "\n";
        return 1;
    }
    const std::vector<std::string> characters = characters_of(paragraphs);
    std::vector<const char*> borrowed;
    for (const std::string& character : characters) borrowed.push_back(character.c_str());
    const Span<const char*> known{borrowed.data(), borrowed.size()};
    const std::vector<Merge> merges = learn_merges(paragraphs, Vocabulary(known, {}));
    const Vocabulary vocabulary(known, {merges.data(), merges.size()});
    std::ofstream out(source_path, std::ios::binary);
    out << source_of(characters, merges, levels_of(sequences_of(paragraphs, vocabulary)));
    out.close();
    return out ? 0 : 1;
}

}  // namespace
}  // namespace parrot

int main(int argc, char** argv) {
    if (argc == 3) return parrot::train(argv[1], argv[2]);
    std::cerr << "usage: train TEXT WEIGHTS.cpp\n";
    return 2;
}
