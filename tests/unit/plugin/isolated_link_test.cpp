// The rings between a host and a plugin's process: what goes in comes out, whatever its size, and
// what the other side must not write does no harm.
#include "plugin/isolated/link.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "plugin/isolated/packing.hpp"

namespace bellwether::plugin::isolated {
namespace {

using namespace std::chrono_literals;

class LinkTest : public testing::Test {
  protected:
    static std::string text_of(std::size_t bytes) {
        std::string text(bytes, '\0');
        for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
        return text;
    }

    SharedMemory memory_ = *SharedMemory::create();
    std::atomic<bool> gone_ = false;
    Channel& channel_ = memory_->channels[k_first_instance_channel];
    Link host_{channel_, Link::Side::host, gone_};
    Link child_{channel_, Link::Side::child, gone_};
};

TEST_F(LinkTest, WhatIsPutIsReceived) {
    host_.put(Message::create, "one");
    host_.put(Message::open, "");
    host_.publish();
    const auto first = child_.receive();
    EXPECT_EQ(first.message, Message::create);
    EXPECT_EQ(first.text, "one");
    const auto second = child_.receive();
    EXPECT_EQ(second.message, Message::open);
    EXPECT_TRUE(second.text.empty());
}

TEST_F(LinkTest, NothingIsThereBeforeItIsPublished) {
    host_.put(Message::create, "one");
    EXPECT_FALSE(child_.any());
    host_.publish();
    EXPECT_TRUE(child_.any());
}

// Of sizes below, at and above the ring's, so that each wraps around at another place.
TEST_F(LinkTest, LargeMessagesGoThroughInPieces) {
    const std::size_t sizes[] = {1, k_ring_bytes - 8, k_ring_bytes, k_ring_bytes + 1,
                                 3 * k_ring_bytes + 77};
    std::thread writer([&] {
        for (const std::size_t size : sizes) host_.put(Message::data, text_of(size));
        host_.publish();
    });
    for (const std::size_t size : sizes) {
        EXPECT_EQ(child_.receive().text, text_of(size)) << size;
    }
    writer.join();
}

// Both sides write more than fits before they read: the host keeps what comes meanwhile.
TEST_F(LinkTest, TwoThatWaitForRoomDoNotWaitForEver) {
    const std::string large = text_of(4 * k_ring_bytes);
    std::thread child([&] {
        child_.put(Message::emit, large);
        child_.publish();
        EXPECT_EQ(child_.receive().text, large);
    });
    host_.put(Message::data, large);
    host_.publish();
    EXPECT_EQ(host_.receive().text, large);
    child.join();
}

// One large answer is no reason to hold its memory for as long as the process lives.
TEST_F(LinkTest, TheMemoryOfALargeMessageIsGivenBack) {
    const std::string large = text_of(8 * k_kept_bytes);
    std::thread child([&] {
        child_.put(Message::emit, large);
        child_.put(Message::result, "");
        child_.publish();
        EXPECT_EQ(child_.receive().text, large);
        EXPECT_GT(child_.bytes_held(), k_kept_bytes);
        EXPECT_EQ(child_.receive().text, "small");
        EXPECT_LE(child_.bytes_held(), 2 * k_kept_bytes);
    });
    host_.put(Message::data, large);
    host_.put(Message::close, "small");
    host_.publish();
    EXPECT_EQ(host_.receive().text, large);
    EXPECT_GT(host_.bytes_held(), k_kept_bytes);
    EXPECT_EQ(host_.receive().message, Message::result);
    EXPECT_LE(host_.bytes_held(), 2 * k_kept_bytes);
    child.join();
}

TEST(PackingTest, ALargeTextIsNotKept) {
    Packer packer;
    packer.text(std::string(k_kept_bytes, 'x'));
    EXPECT_GT(packer.done().capacity(), k_kept_bytes);
    EXPECT_LT(packer.clear().text(std::string_view("small")).done().capacity(), k_kept_bytes);
}

TEST_F(LinkTest, OneThatWaitsTooLongGivesUp) {
    host_.give_up_at(std::chrono::steady_clock::now() + 5ms);
    EXPECT_EQ(host_.receive().message, Message::none);
    EXPECT_EQ(host_.fault(), Fault::late);
}

TEST_F(LinkTest, OneWhoseOtherSideEndsIsWoken) {
    std::thread ender([&] {
        gone_ = true;
        ring(channel_.words.host);
    });
    EXPECT_EQ(host_.receive().message, Message::none);
    EXPECT_EQ(host_.fault(), Fault::gone);
    ender.join();
}

// A plugin may have answered before it ended.
TEST_F(LinkTest, WhatWasSaidBeforeTheEndIsHeard) {
    child_.put(Message::result, "last");
    child_.show();
    gone_ = true;
    EXPECT_EQ(host_.receive().text, "last");
    EXPECT_EQ(host_.receive().message, Message::none);
}

TEST_F(LinkTest, CountsThatCannotBeAreRefused) {
    channel_.words.to_host.written = k_ring_bytes + 1;
    EXPECT_EQ(host_.receive().message, Message::none);
    EXPECT_EQ(host_.fault(), Fault::nonsense);
}

TEST_F(LinkTest, AReaderThatClaimsMoreThanThereIsIsRefused) {
    channel_.words.to_child.read = 5;
    host_.put(Message::create, "one");
    EXPECT_EQ(host_.fault(), Fault::nonsense);
}

TEST_F(LinkTest, MessagesOfUnknownKindAndSizeAreRefused) {
    child_.put(static_cast<Message>(9'999), "");
    child_.publish();
    EXPECT_EQ(host_.receive().message, Message::none);
    EXPECT_EQ(host_.fault(), Fault::nonsense);
}

TEST(PackingTest, ACutTextReadsAsNothing) {
    Packer whole;
    bw_error error{};
    error.size = sizeof(error);
    error.status = BW_E_RATE;
    error.message = str("slow down");
    pack(whole, error);
    for (std::size_t size = 0; size < whole.done().size(); ++size) {
        Unpacker cut(std::string_view(whole.done()).substr(0, size));
        unpack_error(cut);
        EXPECT_FALSE(cut.ok()) << size;
    }
    Unpacker all(whole.done());
    EXPECT_EQ(view(unpack_error(all).message), "slow down");
    EXPECT_TRUE(all.ok());
}

TEST(PackingTest, AnArrayThatClaimsToBeEndlessEnds) {
    Packer claim;
    claim.number(0u).number(std::int64_t{0}).text("").text("").number(~0u);
    Unpacker text(claim.done());
    const UnpackedUsage usage(text);
    EXPECT_FALSE(text.ok());
    EXPECT_LE(usage.value.amount_count, 1u);
}

// Bytes of the request are named by their place, and a place outside of it is none.
TEST(PackingTest, BorrowedPiecesStayWithinTheRequest) {
    const std::string given = "the request's body";
    bw_piece piece{
        .kind = BW_PIECE_BYTES, .file = 0, .bytes = str(std::string_view(given).substr(4))};
    bw_send send{};
    send.size = sizeof(send);
    send.body = &piece;
    send.body_count = 1;
    Packer packed;
    pack(packed, send, given);
    Unpacker text(packed.done());
    const UnpackedSend same(text, given);
    EXPECT_EQ(same.body.at(0).bytes.ptr, given.data() + 4);
    Unpacker again(packed.done());
    const UnpackedSend other(again, "the");
    EXPECT_EQ(other.body.at(0).bytes.len, 0u);
}

}  // namespace
}  // namespace bellwether::plugin::isolated
