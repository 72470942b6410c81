using Orbit.Agent.Files;

namespace Orbit.Agent.Tests.Files;

public sealed class GlobTests
{
    [Theory]
    [InlineData("bin/*", "bin/shop", true)]
    [InlineData("bin/*", "bin/sub/shop", false)]
    [InlineData("bin/*", "sbin/shop", false)]
    [InlineData("logs/**", "logs/a/b.log", true)]
    [InlineData("logs/**", "logs", false)]
    [InlineData("**/conf/*.ini", "conf/a.ini", true)]
    [InlineData("**/conf/*.ini", "x/y/conf/a.ini", true)]
    [InlineData("**", "any/thing", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("v[0-9].tgz", "v7.tgz", true)]
    [InlineData("v[!0-9].tgz", "v7.tgz", false)]
    [InlineData("v[!0-9].tgz", "vx.tgz", true)]
    [InlineData("v[+-9]", "v/", false)]
    [InlineData("[]]x", "]x", true)]
    [InlineData("[*]", "*", true)]
    [InlineData("[*]", "a", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("A*", "abc", false)]
    public void A_pattern_matches_what_it_says(string pattern, string path, bool expected) =>
        Assert.Equal(expected, Glob.Parse(pattern).IsMatch(path));

    [Fact]
    public void Case_is_ignored_only_when_asked_for()
    {
        Assert.True(Glob.Parse("*CDS*", ignoreCase: true).IsMatch("my-cds-1.TGZ"));
        Assert.False(Glob.Parse("*CDS*").IsMatch("my-cds-1.tgz"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/abs")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("x[abc")]
    [InlineData("x[z-a]")]
    public void A_pattern_that_means_nothing_is_refused(string pattern) =>
        Assert.Throws<FormatException>(() => Glob.Parse(pattern));
}
