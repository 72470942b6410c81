using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("me@example.org", "me@example.org")]
    [InlineData("  Me.You+tag@Example.ORG ", "me.you+tag@example.org")]
    [InlineData("root@localhost", "root@localhost")]
    [InlineData("o'neil@a-b.example", "o'neil@a-b.example")]
    public void A_plain_address_has_one_form(string given, string expected) => Assert.Equal(expected, EmailAddress.Parse(given));

    [Theory]
    [InlineData("")]
    [InlineData("me")]
    [InlineData("@example.org")]
    [InlineData("me@")]
    [InlineData("me@example.org,you@example.org")]
    [InlineData("me@example.org;you@example.org")]
    [InlineData("me@you@example.org")]
    [InlineData("Me <me@example.org>")]
    [InlineData("\"me\"@example.org")]
    [InlineData("me(comment)@example.org")]
    [InlineData("me@[192.0.2.1]")]
    [InlineData("me @example.org")]
    [InlineData("me@example.org\r\nBcc: you@example.org")]
    [InlineData("me\0@example.org")]
    [InlineData("me\t@example.org")]
    [InlineData("\u0430dmin@example.org")] // Cyrillic a
    [InlineData("admin@ex\u00e4mple.org")]
    [InlineData("admin@example\uff0eorg")] // full-width full stop
    [InlineData("admin@xn--exmple-cua.org")]
    [InlineData("\u202eme@example.org")]
    [InlineData(".me@example.org")]
    [InlineData("me.@example.org")]
    [InlineData("m..e@example.org")]
    [InlineData("me@-example.org")]
    [InlineData("me@example..org")]
    [InlineData("me@.example.org")]
    [InlineData("me@example.org.")]
    public void What_could_be_read_in_two_ways_is_refused(string given) =>
        Assert.Equal("EMAIL_INVALID", Assert.Throws<OrbitException>(() => EmailAddress.Parse(given)).Reason);

    [Fact]
    public void An_address_has_at_most_254_characters()
    {
        string domain = string.Join('.', Enumerable.Repeat(new string('a', 61), 3)) + ".org";

        Assert.Equal(254, EmailAddress.Parse($"{new string('b', 64)}@{domain}").Length);
        Assert.Throws<OrbitException>(() => EmailAddress.Parse($"{new string('b', 64)}@{domain}a"));
        Assert.Throws<OrbitException>(() => EmailAddress.Parse($"{new string('b', 65)}@example.org"));
    }
}
