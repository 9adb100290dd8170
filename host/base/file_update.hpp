// Replaces a file as a whole: whoever reads it finds the old text or the new one, also after a
// crash or a power cut, and of several processes that change it none undoes what another one has
// done.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace bellwether {

// The right to replace a file. The folder is locked for as long as this is there; the lock ends
// with the process, too. It is read after the lock is held, not before.
class FileUpdate {
  public:
    // Waits for other processes to finish. A symbolic link is followed, so that the file that it
    // leads to is replaced and the link stays. The error continues "FILE cannot be written: ".
    static std::expected<FileUpdate, std::string> begin(const std::filesystem::path& file);

    FileUpdate(FileUpdate&& other) noexcept;
    FileUpdate& operator=(FileUpdate&&) = delete;
    ~FileUpdate();

    // The real file, behind all links; it may not be there yet.
    const std::filesystem::path& file() const { return file_; }

    // Writes the text beside the file and renames it. An existing file keeps its mode, owner and
    // group. A new one takes those of `like`; empty: only its owner may read it. On an error the
    // file is as it was.
    std::expected<void, std::string> replace(std::string_view text,
                                             const std::filesystem::path& like) const;

  private:
    FileUpdate(std::filesystem::path file, int folder) : file_(std::move(file)), folder_(folder) {}

    std::filesystem::path file_;
    int folder_;  // descriptor with the lock
};

}  // namespace bellwether
