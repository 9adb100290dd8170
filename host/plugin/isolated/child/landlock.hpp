// Landlock: what of the file system a process sees. A kernel may have none of it.
#pragma once

namespace bellwether::plugin::isolated {

// From now on this process reads the system's libraries, and nothing else; where the kernel can, it
// opens no connection and sends no signal either. False: the kernel has no Landlock.
bool see_only_libraries();

}  // namespace bellwether::plugin::isolated
