// [admin].
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

Admin admin(const std::string& toml) {
    const auto loaded = parse(toml + std::string(k_rest), "c.toml");
    EXPECT_TRUE(loaded.diagnostics.empty()) << toml << to_string(loaded.diagnostics.front());
    return loaded.config.admin;
}

TEST(Admin, IsOnByDefault) {
    EXPECT_TRUE(admin("").on);
    EXPECT_EQ(admin("").host, "127.0.0.1");
    EXPECT_EQ(admin("").port, 4142);
}

TEST(Admin, ListensWhereItIsTold) {
    EXPECT_FALSE(admin("[admin]\nlisten = \"off\"").on);
    EXPECT_EQ(admin("[admin]\nlisten = \"[::1]:9\"").host, "::1");
    EXPECT_EQ(admin("[admin]\nlisten = \"localhost:0\"").port, 0);
}

TEST(Admin, IsNeverForOtherMachines) {
    for (const std::string address : {"0.0.0.0:4142", "192.168.1.1:4142", "[::]:4142"}) {
        const std::string text =
            mistakes("[admin]\nlisten = \"" + address + "\"" + std::string(k_rest));
        EXPECT_NE(text.find("c.toml:2:10: error: admin.listen = "), text.npos) << text;
        EXPECT_NE(text.find("can be reached from other machines"), text.npos) << text;
        EXPECT_NE(text.find("\"off\""), text.npos) << text;
    }
}

TEST(Admin, NeedsAnAddressOfItsOwn) {
    const std::string text =
        mistakes("[server]\nlisten = \"127.0.0.1:5\"\n[admin]\nlisten = \"127.0.0.1:5\"" +
                 std::string(k_rest));
    EXPECT_NE(text.find("admin.listen is 127.0.0.1:5, where server.listen is, too"), text.npos)
        << text;
    const std::string keys =
        "[[keys]]\nname = \"a\"\nid = \"0a1b2c3d\"\nsha256 = \"" + std::string(64, 'a') + "\"\n";
    const auto with_keys = [&keys](const std::string& server, const std::string& admin) {
        return mistakes(keys + "[server]\nlisten = \"" + server + "\"\n[admin]\nlisten = \"" +
                        admin + "\"" + std::string(k_rest));
    };
    for (const auto& [server, admin] : {std::pair("0.0.0.0:5", "127.0.0.1:5"),
                                        {"[::]:5", "127.0.0.1:5"},
                                        {"[::]:5", "[::1]:5"}}) {
        EXPECT_NE(with_keys(server, admin).find("where server.listen is"), text.npos) << server;
    }
    EXPECT_EQ(with_keys("0.0.0.0:5", "[::1]:5"), "");
    EXPECT_EQ(with_keys("0.0.0.0:5", "127.0.0.1:6"), "");
}

TEST(Admin, TheClientsListenerMayNotTakeItsDefaultAddress) {
    const std::string server = "[server]\nlisten = \"127.0.0.1:4142\"\n";
    EXPECT_EQ(mistakes(server + std::string(k_rest)),
              "c.toml:1:1: error: admin.listen is 127.0.0.1:4142, where server.listen is, too; "
              "expected two addresses");
    EXPECT_EQ(mistakes(server + "[admin]\nlisten = \"off\"" + std::string(k_rest)), "");
}

}  // namespace
}  // namespace bellwether::config
