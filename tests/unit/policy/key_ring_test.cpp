// Who is let in: by the right secret only, and with the same work whatever is presented.
#include "policy/keys/key_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/key_form.hpp"
#include "policy/keys/new_key.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

const std::string k_alice = "bw-0a1b2c3d-0123456789abcdefghjkmnpqrstvwxyz01234567";
const std::chrono::sys_seconds k_now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

config::Key key(const std::string& text, std::string name) {
    return {.name = std::move(name),
            .id = std::string(config::key_id_of(text).value()),
            .sha256 = key_hash(text)};
}

KeyFault fault(const KeyRing& ring, std::string_view presented,
               std::chrono::system_clock::time_point now = k_now) {
    const auto checked = ring.check(presented, now);
    EXPECT_FALSE(checked.has_value()) << presented;
    return checked ? KeyFault::missing : checked.error().fault;
}

// FIPS 180-4's examples, and what `printf %s KEY | sha256sum` says of the key above.
TEST(KeyHash, IsSha256) {
    EXPECT_EQ(key_hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(key_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(key_hash(k_alice),
              "b579d29730052f250be0f7c9692e73d6f7c0d53ce80a683056f93044c814f387");
}

TEST(KeyRing, WithoutKeysIsOpen) {
    const KeyRing ring;
    EXPECT_TRUE(ring.is_open());
    EXPECT_EQ(fault(ring, k_alice), KeyFault::unknown);
}

TEST(KeyRing, WithoutKeysIsClosedIfItAsks) {
    const KeyRing ring({}, true);
    EXPECT_FALSE(ring.is_open());
    EXPECT_EQ(fault(ring, k_alice), KeyFault::unknown);
}

TEST(KeyRing, FindsTheNewestOfSeveralWithOneName) {
    using namespace std::chrono_literals;
    std::vector<config::Key> keys{key("bw-zzzzzzzz-a", "alice"), key("bw-yyyyyyyy-a", "alice"),
                                  key("bw-xxxxxxxx-a", "alice")};
    const std::chrono::sys_seconds now = std::chrono::floor<std::chrono::seconds>(k_now);
    keys[0].expires = now + 1h;
    keys[1].expires = now + 3h;
    keys[2].expires = now + 2h;
    EXPECT_EQ(KeyRing(keys).find("alice"), &keys[1]);
    keys[0].expires = std::nullopt;
    EXPECT_EQ(KeyRing(keys).find("alice"), &keys[0]);
    EXPECT_EQ(KeyRing(keys).find("xxxxxxxx"), &keys[2]);
}

TEST(KeyRing, KnowsEachKeyByItsWholeText) {
    const std::string bob = "bw-zzzzzzzz-0123456789abcdefghjkmnpqrstvwxyz01234567";
    const std::vector<config::Key> keys{key(bob, "bob"), key(k_alice, "alice")};
    const KeyRing ring(keys);
    EXPECT_FALSE(ring.is_open());
    EXPECT_EQ(ring.check(k_alice, k_now).value(), &keys[1]);
    EXPECT_EQ(ring.check(bob, k_now).value(), &keys[0]);
    EXPECT_EQ(ring.find("alice"), &keys[1]);
    EXPECT_EQ(ring.find("zzzzzzzz"), &keys[0]);
    EXPECT_EQ(ring.find(k_alice), nullptr);
    EXPECT_EQ(ring.find_id("alice"), nullptr);
}

TEST(KeyRing, RefusesWhatDiffersAnywhere) {
    const std::vector<config::Key> keys{key(k_alice, "alice")};
    const KeyRing ring(keys);
    for (std::size_t i = 12; i < k_alice.size(); ++i) {
        std::string other = k_alice;
        other[i] = other[i] == '0' ? '1' : '0';
        EXPECT_EQ(fault(ring, other), KeyFault::wrong) << i;
    }
    EXPECT_EQ(fault(ring, k_alice.substr(0, k_alice.size() - 1)), KeyFault::wrong);
    EXPECT_EQ(fault(ring, k_alice + "0"), KeyFault::wrong);
    EXPECT_EQ(fault(ring, k_alice + std::string(1'000'000, '0')), KeyFault::unknown);
    for (const std::string none : {"", "bw-", "bw-0a1b2c3d", "bw-0a1b2c3e-x", "sk-1", "alice"}) {
        EXPECT_EQ(fault(ring, none), KeyFault::unknown) << none;
    }
    EXPECT_EQ(fault(ring, keys[0].sha256), KeyFault::unknown);
    EXPECT_EQ(fault(ring, "bw-0a1b2c3d-" + keys[0].sha256), KeyFault::wrong);
}

// An id that nobody has is compared with a hash of zeros, and never equals it.
TEST(KeyRing, TheHashOfNobodyLetsNobodyIn) {
    config::Key zeros = key(k_alice, "alice");
    zeros.sha256 = std::string(64, '0');
    const std::vector<config::Key> keys{zeros};
    EXPECT_EQ(fault(KeyRing(keys), k_alice), KeyFault::wrong);
}

// Whoever has the id alone does not learn more than that it is wrong.
TEST(KeyRing, OnlyTheRightSecretLearnsWhyItIsRefused) {
    std::vector<config::Key> keys{key(k_alice, "alice")};
    const std::string wrong = k_alice.substr(0, k_alice.size() - 1) + "0";
    keys[0].expires = k_now + 1s;
    const KeyRing ring(keys);
    EXPECT_TRUE(ring.check(k_alice, k_now).has_value());
    EXPECT_TRUE(ring.check(k_alice, k_now + 999ms).has_value());
    EXPECT_EQ(fault(ring, k_alice, k_now + 1s), KeyFault::expired);
    EXPECT_EQ(fault(ring, wrong, k_now + 1s), KeyFault::wrong);
    keys[0].disabled = true;
    EXPECT_EQ(fault(ring, k_alice), KeyFault::disabled);
    EXPECT_EQ(fault(ring, wrong), KeyFault::wrong);
    EXPECT_EQ(ring.check(wrong, k_now).error().key, &keys[0]);
    EXPECT_EQ(ring.check("bw-zzzzzzzz-x", k_now).error().key, nullptr);
}

TEST(NewKey, HasTheFormAndIsNeverTheSame) {
    std::set<std::string> ids, texts;
    for (int i = 0; i < 1'000; ++i) {
        const NewKey made = new_key().value();
        EXPECT_EQ(config::key_id_of(made.text), made.id);
        EXPECT_EQ(made.text.size(), 3u + 10 + 1 + 40);
        EXPECT_TRUE(std::ranges::all_of(made.text.substr(14), [](char c) {
            return config::k_key_alphabet.find(c) != config::k_key_alphabet.npos;
        })) << made.text;
        ids.insert(made.id);
        texts.insert(made.text);
    }
    EXPECT_EQ(ids.size(), 1'000u);
    EXPECT_EQ(texts.size(), 1'000u);
}

// Each of the 32 letters comes about equally often: 1,250 times of 40,000, give or take six
// standard deviations.
TEST(NewKey, PrefersNoLetter) {
    std::array<int, 32> counts{};
    for (int i = 0; i < 1'000; ++i) {
        for (const char c : new_key().value().text.substr(14))
            ++counts[config::k_key_alphabet.find(c)];
    }
    for (const int count : counts) EXPECT_NEAR(count, 1'250, 210);
}

}  // namespace
}  // namespace bellwether::policy
