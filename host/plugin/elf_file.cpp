#include "plugin/elf_file.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace bellwether::plugin {
namespace {

using Refusal = std::unexpected<std::string>;
using Checked = std::expected<void, std::string>;

#if defined(__x86_64__)
constexpr unsigned k_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned k_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr unsigned k_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned k_machine = EM_PPC64;
#elif defined(__s390x__)
constexpr unsigned k_machine = EM_S390;
#else
constexpr unsigned k_machine = EM_NONE;  // unknown: the linker checks it
#endif
constexpr std::size_t k_entries_max = 4096;          // of the dynamic table
constexpr std::size_t k_needed_max = 256;            // needed libraries
constexpr std::size_t k_places_max = 256;            // where the linker looks for them
constexpr std::size_t k_text_bytes_max = 16u << 10;  // of a name, or of all places together
constexpr unsigned char k_byte_order =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

std::string machine_name(unsigned machine) {
    switch (machine) {
        case EM_386: return "x86 (32 bits)";
        case EM_X86_64: return "x86-64";
        case EM_ARM: return "ARM (32 bits)";
        case EM_AARCH64: return "ARM (aarch64)";
        case EM_RISCV: return "RISC-V";
        case EM_PPC64: return "POWER";
        case EM_S390: return "IBM Z";
        default: return fmt::format("number {} of the ELF format", machine);
    }
}

// Reads structs out of the file's bytes, never beyond them.
class Bytes {
  public:
    explicit Bytes(std::span<const char> bytes) : bytes_(bytes) {}

    bool holds(std::uint64_t offset, std::uint64_t length) const {
        return offset <= bytes_.size() && length <= bytes_.size() - offset;
    }
    template <typename T>
    std::optional<T> at(std::uint64_t offset) const {
        if (!holds(offset, sizeof(T))) return std::nullopt;
        T value{};
        std::memcpy(&value, bytes_.data() + offset, sizeof(value));
        return value;
    }
    // The text at `offset`; nothing if no zero byte ends it within k_text_bytes_max.
    std::optional<std::string> text(std::uint64_t offset) const {
        if (offset >= bytes_.size()) return std::nullopt;
        const auto rest =
            bytes_.subspan(offset, std::min(bytes_.size() - offset, k_text_bytes_max + 1));
        const auto end = std::ranges::find(rest, '\0');
        if (end == rest.end()) return std::nullopt;
        return std::string(rest.begin(), end);
    }
    std::vector<Elf64_Phdr> segments() const {
        std::vector<Elf64_Phdr> all;
        const auto head = at<Elf64_Ehdr>(0);
        for (std::size_t i = 0; head && i < head->e_phnum; ++i) {
            if (const auto segment = at<Elf64_Phdr>(head->e_phoff + i * sizeof(Elf64_Phdr))) {
                all.push_back(*segment);
            }
        }
        return all;
    }
    // The offset in the file of the bytes that are mapped at `address`.
    std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
        for (const auto& segment : segments()) {
            if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
                address - segment.p_vaddr < segment.p_filesz) {
                return segment.p_offset + (address - segment.p_vaddr);
            }
        }
        return std::nullopt;
    }
    // The dynamic table, which says what the library needs. Reading stops one entry beyond
    // k_entries_max, so that check_needs sees a table that is too long.
    std::vector<Elf64_Dyn> dynamic() const {
        std::vector<Elf64_Dyn> all;
        const auto tables = segments();
        const auto table = std::ranges::find(tables, PT_DYNAMIC, &Elf64_Phdr::p_type);
        if (table == tables.end()) return all;
        for (std::uint64_t at_byte = 0;
             at_byte + sizeof(Elf64_Dyn) <= table->p_filesz && all.size() <= k_entries_max;
             at_byte += sizeof(Elf64_Dyn)) {
            const auto entry = at<Elf64_Dyn>(table->p_offset + at_byte);
            if (!entry || entry->d_tag == DT_NULL) break;
            all.push_back(*entry);
        }
        return all;
    }
    std::optional<std::uint64_t> strings(std::span<const Elf64_Dyn> dynamic) const {
        const auto entry = std::ranges::find(dynamic, DT_STRTAB, &Elf64_Dyn::d_tag);
        return entry == dynamic.end() ? std::nullopt : offset_of(entry->d_un.d_ptr);
    }

  private:
    std::span<const char> bytes_;
};

bool begins_with(std::span<const char> bytes, std::string_view beginning) {
    return std::string_view(bytes.data(), bytes.size()).starts_with(beginning);
}

// Says what a file is that does not begin with the four bytes of every ELF file.
std::string what_it_is_instead(std::span<const char> bytes) {
    if (bytes.empty()) return "it is empty, not a shared library; copy it again";
    std::string_view what = "it is not a shared library";
    if (begins_with(bytes, "!<arch>") || begins_with(bytes, "!<thin>")) {
        what = "it is a static archive, not a shared library; link it with -shared";
    } else if (begins_with(bytes, "#!")) {
        what = "it is a script, not a shared library";
    } else if (begins_with(bytes, "MZ")) {
        what = "it is built for Windows; build it for Linux";
    } else if (begins_with(bytes, "\xcf\xfa\xed\xfe") || begins_with(bytes, "\xca\xfe\xba\xbe")) {
        what = "it is built for macOS; build it for Linux";
    } else if (begins_with(bytes, std::string_view(ELFMAG, SELFMAG).substr(0, bytes.size()))) {
        return "it is cut or damaged; copy it again";
    } else if (std::ranges::all_of(bytes.first(std::min<std::size_t>(bytes.size(), 256)),
                                   [](char c) { return c == '\n' || c == '\t' || c >= ' '; })) {
        what = "it is text, not a shared library";
    }
    return fmt::format("{} (no ELF header)", what);
}

Checked check_machine(const Elf64_Ehdr& head) {
    const bool swapped = head.e_ident[EI_DATA] != k_byte_order;
    const unsigned machine =
        swapped ? static_cast<unsigned>(head.e_machine >> 8 | (head.e_machine & 0xff) << 8)
                : head.e_machine;
    const bool right_size = head.e_ident[EI_CLASS] == ELFCLASS64;
    if (right_size && !swapped && (machine == k_machine || k_machine == EM_NONE)) return {};
    std::string_view how;
    if (machine == k_machine) how = right_size ? ", in the other byte order" : ", with 32 bits";
    return Refusal(fmt::format("it is built for another machine: {}{}, and this host runs on {}",
                               machine_name(machine), how, machine_name(k_machine)));
}

Checked check_complete(const Bytes& bytes, const Elf64_Ehdr& head) {
    const Refusal cut("it is cut or damaged; copy it again");
    if (head.e_phnum != 0 && head.e_phentsize != sizeof(Elf64_Phdr)) return cut;
    if (!bytes.holds(head.e_phoff, std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr)) ||
        !bytes.holds(head.e_shoff, std::uint64_t{head.e_shnum} * head.e_shentsize)) {
        return cut;
    }
    for (const auto& segment : bytes.segments()) {
        if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
        if (!bytes.holds(segment.p_offset, segment.p_filesz)) return cut;
    }
    return {};
}

Checked check_type(const Bytes& bytes, const Elf64_Ehdr& head) {
    const auto dynamic = bytes.dynamic();
    const bool program = std::ranges::any_of(dynamic, [](const Elf64_Dyn& entry) {
        return entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_PIE) != 0;
    });
    if (head.e_type == ET_EXEC || program) {
        return Refusal("it is a program, not a shared library; link it with -shared");
    }
    if (head.e_type == ET_REL) {
        return Refusal("it is an object file that is not linked yet; link it with -shared");
    }
    if (head.e_type != ET_DYN) return Refusal("it is no shared library, nor a program");
    if (dynamic.empty()) {
        return Refusal(
            "it holds nothing to load, as a library's separate debug symbols do not; give the "
            "library itself");
    }
    return {};
}

// The linker loads the libraries that a library filters as well as those that it needs.
bool names_library(const Elf64_Dyn& entry) {
    return entry.d_tag == DT_NEEDED || entry.d_tag == DT_AUXILIARY || entry.d_tag == DT_FILTER;
}

bool names_places(const Elf64_Dyn& entry) {
    return entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH;
}

// Checks that the library needs no more libraries, and with no longer names, than any real one
// does, because all of these are held in memory.
Checked check_needs(const Bytes& bytes) {
    const auto tables = bytes.segments();
    if (std::ranges::count(tables, PT_DYNAMIC, &Elf64_Phdr::p_type) > 1) {
        return Refusal("it is damaged: it says more than once what it needs; copy it again");
    }
    const auto dynamic = bytes.dynamic();
    if (dynamic.size() > k_entries_max) {
        return Refusal("it is damaged: what it needs has no end; copy it again");
    }
    const auto strings = bytes.strings(dynamic);
    std::size_t libraries = 0;
    for (const auto& entry : dynamic) {
        libraries += names_library(entry) ? 1 : 0;
        if (libraries > k_needed_max) return Refusal("it needs too many libraries");
        const bool named = names_library(entry) || names_places(entry) || entry.d_tag == DT_SONAME;
        if (!named || !strings) continue;
        const auto text = bytes.text(*strings + entry.d_un.d_val);
        if (!text) {
            return Refusal(
                fmt::format("a name in it has no end, or none within {} bytes", k_text_bytes_max));
        }
        const auto places = static_cast<std::size_t>(std::ranges::count(*text, ':'));
        if (names_places(entry) && places >= k_places_max) {
            return Refusal("it looks for libraries at too many places");
        }
    }
    return {};
}

// Splits a list of places at its colons. An empty text between two colons is a place, too.
std::vector<std::string> split(std::string_view places) {
    std::vector<std::string> all;
    if (places.empty()) return all;
    for (std::size_t at = 0; at <= places.size();) {
        const auto end = std::min(places.find(':', at), places.size());
        all.emplace_back(places.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

}  // namespace

Checked check_library(std::span<const char> bytes) {
    if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
        return Refusal(what_it_is_instead(bytes));
    }
    const Bytes file(bytes);
    const auto head = file.at<Elf64_Ehdr>(0);
    if (!head) return Refusal("it is cut or damaged; copy it again");
    if (auto checked = check_machine(*head); !checked) return checked;
    if (auto checked = check_complete(file, *head); !checked) return checked;
    if (auto checked = check_type(file, *head); !checked) return checked;
    return check_needs(file);
}

Dependencies read_needs(std::span<const char> bytes) {
    const Bytes file(bytes);
    const auto dynamic = file.dynamic();
    const auto strings = file.strings(dynamic);
    Dependencies needs;
    if (!strings) return needs;
    std::string older_places;
    for (const auto& entry : dynamic) {
        const auto text = [&] {
            return file.text(*strings + entry.d_un.d_val).value_or(std::string());
        };
        if (names_library(entry)) needs.libraries.push_back(text());
        if (entry.d_tag == DT_RUNPATH) needs.places = split(text());
        if (entry.d_tag == DT_RPATH) older_places = text();
        if (entry.d_tag == DT_SONAME) needs.name = text();
    }
    if (needs.places.empty() && !older_places.empty()) {
        needs.places = split(older_places);
        needs.places_are_inherited = true;
    }
    return needs;
}

void keep_symbols_apart(std::span<char> bytes) {
    const Bytes file(bytes);
    const auto head = file.at<Elf64_Ehdr>(0);
    for (std::size_t i = 0; head && i < head->e_shnum; ++i) {
        const auto section = file.at<Elf64_Shdr>(head->e_shoff + i * head->e_shentsize);
        if (!section || section->sh_type != SHT_DYNSYM) continue;
        if (!file.holds(section->sh_offset, section->sh_size)) return;
        const auto symbols = bytes.subspan(section->sh_offset, section->sh_size);
        for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size();
             at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol{};
            std::memcpy(&symbol, symbols.data() + at, sizeof(symbol));
            if (ELF64_ST_BIND(symbol.st_info) != STB_GNU_UNIQUE) continue;
            symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, ELF64_ST_TYPE(symbol.st_info));
            std::memcpy(symbols.data() + at, &symbol, sizeof(symbol));
        }
        return;  // a library has one such table
    }
}

}  // namespace bellwether::plugin
