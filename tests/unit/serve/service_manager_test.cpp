#include "serve/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>

namespace bellwether::serve {
namespace {

// The socket that a service manager listens on.
class ServiceManager : public ::testing::Test {
  protected:
    void listen(const std::string& name) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, name.size());
        if (name.front() == '@') address.sun_path[0] = '\0';
        fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        ASSERT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), length), 0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }

    std::string heard() {
        char text[64];
        const ssize_t length = recv(fd_, text, sizeof(text), 0);
        return length < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(length));
    }

    void TearDown() override {
        unsetenv("NOTIFY_SOCKET");
        if (fd_ >= 0) close(fd_);
    }

    const std::string name_ = "bellwether-test-" + std::to_string(getpid());
    int fd_ = -1;
};

TEST_F(ServiceManager, HearsAtAPath) {
    const std::string path = ::testing::TempDir() + name_;
    listen(path);
    tell_service_manager("READY=1");
    EXPECT_EQ(heard(), "READY=1");
    EXPECT_EQ(heard(), "nothing");
    unlink(path.c_str());
}

TEST_F(ServiceManager, HearsAtAnAbstractName) {
    listen("@" + name_);
    tell_service_manager("STOPPING=1");
    EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(ServiceManager, IsNotNeeded) {
    tell_service_manager("READY=1");
    for (const std::string& name :
         {std::string(), std::string("/nowhere"), std::string(5000, 'x')}) {
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
        tell_service_manager("READY=1");
    }
}

}  // namespace
}  // namespace bellwether::serve
