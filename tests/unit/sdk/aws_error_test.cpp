// What services of AWS say of errors.
#include <gtest/gtest.h>

#include <bellwether/http/aws_error.hpp>
#include <bellwether/http/error_class.hpp>
#include <string>

namespace bw {
namespace {

TEST(AwsError, HasItsKindFromTheHeaderOrTheBody) {
    const std::string body = R"({"message":"wait","__type":"com.amazonaws.bedrock#Other"})";
    const AwsError error =
        read_aws_error(429, "ThrottlingException:http://internal.amazon.com/coral/x#y/", body);
    EXPECT_EQ(error.kind, "ThrottlingException");
    EXPECT_EQ(error.message, "wait");
    EXPECT_EQ(error.http_status, 429U);
    EXPECT_EQ(error.words(), "wait (ThrottlingException)");
    EXPECT_EQ(read_aws_error(429, "", body).kind, "Other");
    EXPECT_EQ(read_aws_error(400, "", R"({"code":"C","Message":"m"})").words(), "m (C)");
    EXPECT_EQ(read_aws_error(400, "K", "", "beside").words(), "beside (K)");
    EXPECT_EQ(read_aws_error(400, "K", R"({"message":"in it"})", "beside").message, "in it");
}

TEST(AwsError, HasAStatusInTheMidstOfAStream) {
    EXPECT_EQ(read_aws_error(200, "throttlingException", "{}").http_status, 429U);
    EXPECT_EQ(read_aws_error(200, "validationException", "{}").http_status, 400U);
    EXPECT_EQ(read_aws_error(200, "modelStreamErrorException", "{}").http_status, 424U);
    EXPECT_EQ(read_aws_error(200, "serviceUnavailableException", "{}").http_status, 503U);
    EXPECT_EQ(read_aws_error(200, "internalServerException", "{}").http_status, 500U);
    EXPECT_EQ(read_aws_error(200, "", "").http_status, 500U);
}

TEST(AwsError, SaysWhatThereIs) {
    for (const char* const body : {"", "<html>", "[]", "7", "{", R"({"message":7})"}) {
        EXPECT_EQ(read_aws_error(502, "", body).words(), "status 502") << body;
    }
}

TEST(AwsError, QuotesNothingThatWasSigned) {
    const AwsError error = read_aws_error(
        403, "InvalidSignatureException",
        R"({"message":"It does not match.\n\nThe Canonical String\nx-amz-security-token:T"})");
    EXPECT_EQ(error.message, "It does not match.");
    const AwsError key = read_aws_error(403, "K", R"({"message":"key AKIAIOSFODNN7EXAMPLE"})");
    EXPECT_EQ(key.message.find("IOSFODNN"), std::string::npos) << key.message;
}

TEST(AwsError, HasAClass) {
    const auto class_of = [](std::uint32_t status, const char* kind) {
        return error_class(status, {kind, "", ""});
    };
    EXPECT_EQ(class_of(400, "ExpiredTokenException"), BW_E_AUTH);
    EXPECT_EQ(class_of(400, "IncompleteSignature"), BW_E_AUTH);
    EXPECT_EQ(class_of(404, "FTUFormNotFilled"), BW_E_AUTH);
    EXPECT_EQ(class_of(400, "ServiceQuotaExceededException"), BW_E_QUOTA);
    EXPECT_EQ(class_of(404, "UnknownOperationException"), BW_E_UPSTREAM);
    EXPECT_EQ(class_of(400, "ValidationException"), BW_E_INVALID);
}

}  // namespace
}  // namespace bw
