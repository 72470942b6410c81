using Orbit.Agent.Policy;

namespace Orbit.Agent.Tests.Policy;

public sealed class CommandPatternTests
{
    [Theory]
    [InlineData("/usr/bin/id", "/usr/bin/id", true)]
    [InlineData("/usr/bin/id", "/usr/bin/id -u root", true)]
    [InlineData("/usr/bin/id", "/usr/bin/idle", false)]
    [InlineData("/usr/bin/id -u", "/usr/bin/id -u", true)]
    [InlineData("/usr/bin/id -u", "/usr/bin/id", false)]
    [InlineData("/usr/bin/id -u", "/usr/bin/id -u root", false)]
    [InlineData("/usr/bin/systemctl restart shop*.service", "/usr/bin/systemctl restart shop-2.service", true)]
    [InlineData("/usr/bin/systemctl restart shop*.service", "/usr/bin/systemctl restart sshd.service", false)]
    [InlineData("/usr/bin/systemctl * shop.service", "/usr/bin/systemctl stop shop.service", true)]
    [InlineData("/usr/bin/python3* -m pytest **", "/usr/bin/python3.11 -m pytest", true)]
    [InlineData("/usr/bin/python3* -m pytest **", "/usr/bin/python3.11 -m pytest a b c", true)]
    [InlineData("/usr/bin/python3* -m pytest **", "/usr/bin/python3.11 -m http.server", false)]
    [InlineData("/opt/*/bin/check", "/opt/a/bin/check", true)]
    [InlineData("/opt/*/bin/check", "/opt/a/b/bin/check", false)]
    [InlineData("/opt/*", "/opt/a/b", false)]
    [InlineData("/opt/?x", "/opt/ax", true)]
    [InlineData("/usr/bin/ID", "/usr/bin/id", false)]
    public void A_pattern_allows_what_it_says(string pattern, string command, bool allowed)
    {
        string[] words = command.Split(' ');

        Assert.Equal(allowed, CommandPattern.Parse(pattern)!.Allows(words[0], words[1..]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("id")]
    [InlineData("/")]
    [InlineData("*")]
    public void A_text_without_a_full_path_is_no_pattern(string text) => Assert.Null(CommandPattern.Parse(text));
}
