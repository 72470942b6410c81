using FsCheck;
using FsCheck.Fluent;
using Orbit.Agent.Packages;
using Orbit.Shared;
using Orbit.Tests.Support;

namespace Orbit.Agent.Tests.Packages;

public sealed class PackageLocationTests
{
    [Theory]
    [InlineData("http://h/p/", "CDN/pass/20250613-master/el7", "http://h/p/CDN/pass/20250613-master/el7/")]
    [InlineData("http://h/p", "a/b/", "http://h/p/a/b/")]
    [InlineData("https://h:8443", "a", "https://h:8443/a/")]
    [InlineData("http://h/p", "a b/c@d;e:f", "http://h/p/a%20b/c%40d%3Be%3Af/")]
    [InlineData("http://h/p", "100%/x", "http://h/p/100%25/x/")]
    [InlineData("http://h/p", "构建/x", "http://h/p/%E6%9E%84%E5%BB%BA/x/")]
    [InlineData("http://h", "@evil.example/x", "http://h/%40evil.example/x/")]
    [InlineData("http://h", ".evil/x", "http://h/.evil/x/")]
    public void A_plain_path_is_joined_and_encoded(string baseUrl, string path, string expected) =>
        Assert.Equal(expected, PackageLocation.Join(baseUrl, path).AbsoluteUri);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("//host/x")]
    [InlineData("\\\\host\\x")]
    [InlineData("a\\b")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/..")]
    [InlineData("./a")]
    [InlineData("a//b")]
    [InlineData("%2e%2e/x")]
    [InlineData("a/%2E%2e/b")]
    [InlineData("%252e%252e/x")]
    [InlineData("a%2fb")]
    [InlineData("a%5cb")]
    [InlineData("http://evil/x")]
    [InlineData("file:/etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a\r\nHost: x")]
    [InlineData("a\0b")]
    [InlineData(" a")]
    public void A_path_that_leaves_the_base_or_is_no_plain_text_is_refused(string? path)
    {
        PackageRefusal refusal = Assert.Throws<PackageRefusal>(() => PackageLocation.Join("http://h/p/", path));
        Assert.Equal("PACKAGE_PATH_INVALID", refusal.Reason);
    }

    [Fact]
    public void A_path_with_half_a_character_is_refused() =>
        Assert.Throws<PackageRefusal>(() => PackageLocation.Join("http://h/p/", "a\ud800b"));

    [Fact]
    public void A_path_of_five_thousand_characters_is_refused() =>
        Assert.Throws<PackageRefusal>(() => PackageLocation.Join("http://h/p/", new string('a', 5000)));

    [Theory]
    [InlineData(null)]
    [InlineData("packages/pass")]
    [InlineData("file:///srv")]
    [InlineData("ftp://h/")]
    [InlineData("http://user:secret@h/")]
    [InlineData("http://h/?a=b")]
    [InlineData("http://h/?")]
    [InlineData("http://h/#f")]
    [InlineData("http:// h/")]
    public void A_base_address_that_is_no_plain_web_address_is_refused(string? baseUrl)
    {
        PackageRefusal refusal = Assert.Throws<PackageRefusal>(() => PackageLocation.Join(baseUrl, "a"));
        Assert.Equal("PACKAGE_BASE_URL_INVALID", refusal.Reason);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_accepted_stays_under_the_base_and_decodes_to_what_was_given()
    {
        Gen<string> pieces = Gen.Elements(
            "a", "..", ".", "/", "//", "\\", "%2e", "%", "%2f", "@", ":", ";", "?", "#", "http:", "构", "\u0001", " ", "é", "\ud83d\ude00", "~", "+");
        Gen<string> paths = pieces.ListOf().Select(parts => string.Concat(parts));
        Prop.ForAll(paths.ToArbitrary(), path =>
        {
            if (!PackagePathRule.TryParse(path, out string[]? segments, out _))
            {
                return;
            }

            Uri joined = PackageLocation.Join("http://host:81/base", path);
            Assert.StartsWith("http://host:81/base/", joined.AbsoluteUri, StringComparison.Ordinal);
            Assert.Equal("host", joined.Host);
            Assert.Equal("", joined.Query + joined.Fragment + joined.UserInfo);
            Assert.Equal("/base/" + path.TrimEnd('/') + "/", Uri.UnescapeDataString(joined.AbsolutePath));
            Assert.DoesNotContain("..", segments);
        }).Check(Properties.Rounds(2000));
    }
}
