using System.Text;
using Orbit.Agent.Secrets;

namespace Orbit.Agent.Tests.Secrets;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("token is hunter2-long.", "token is ************.")]
    [InlineData("hunter2-longhunter2-long", "************************")]
    [InlineData("hunter2-lon", "hunter2-lon")]
    [InlineData("""{"a":"hunter2-long"}""", """{"a":"************"}""")]
    public void A_value_becomes_as_many_stars(string given, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(given);

        SecretMask.Of(["hunter2-long"]).Hide(bytes);

        Assert.Equal(expected, Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void Values_that_overlap_are_hidden_whole()
    {
        byte[] bytes = "xabcdefx"u8.ToArray();

        SecretMask.Of(["abcd", "cdef"]).Hide(bytes);

        Assert.Equal("x******x", Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData("pa\"ss\\word", "pa\\\"ss\\\\word")]
    [InlineData("a b&c=d", "a%20b%26c%3Dd")]
    [InlineData("first line\nsecond line", "second line")]
    [InlineData("密码是九个字的值", "密码是九个字的值")]
    public void Other_forms_of_a_value_are_hidden_too(string secret, string shown)
    {
        SecretMask mask = SecretMask.Of([secret]);
        byte[] bytes = Encoding.UTF8.GetBytes($"<{shown}>");

        Assert.True(mask.Hide(bytes));
        Assert.DoesNotContain(shown, Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal("<***>", mask.Hide($"<{shown}>"));
    }

    /// <summary>However output is cut into pieces, what arrives is the same, and as long as it was.</summary>
    [Fact]
    public void A_value_across_any_cut_is_hidden()
    {
        SecretMask mask = SecretMask.Of(["abcabd", "bdxyz-secret", "zz-aaaa"]);
        var random = new Random(20250613);
        string[] words = ["abcabd", "abca", "bdxyz-secret", "bdxyz", "zz-aaaa", "zz-", "a", "\n", "plain text "];
        for (int round = 0; round < 500; round++)
        {
            byte[] whole = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 12).Select(_ => words[random.Next(words.Length)])) + "end\n");
            byte[] expected = [.. whole];
            mask.Hide(expected);
            var got = new List<byte>();
            var stream = new SecretStream(mask, bytes => got.AddRange(bytes));
            for (int at = 0; at < whole.Length;)
            {
                int length = Math.Min(random.Next(1, 9), whole.Length - at);
                stream.Add(whole.AsSpan(at, length));
                at += length;
            }

            stream.Flush();
            Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString([.. got]));
        }
    }

    [Fact]
    public void Bytes_wait_only_while_they_may_begin_a_value()
    {
        var got = new List<byte>();
        var stream = new SecretStream(SecretMask.Of(["hunter2-long"]), bytes => got.AddRange(bytes));

        stream.Add("line\nhunt"u8);
        Assert.Equal("line\n", Encoding.UTF8.GetString([.. got]));
        stream.Add("ing\n"u8);
        Assert.Equal("line\nhunting\n", Encoding.UTF8.GetString([.. got]));
        stream.Add("hunter2-lo"u8);
        stream.Flush(); // cut off in its second half: hidden all the same
        Assert.Equal("line\nhunting\n**********", Encoding.UTF8.GetString([.. got]));
    }

    [Fact]
    public void A_file_keeps_its_length_and_is_not_touched_without_a_value()
    {
        string path = Path.GetTempFileName();
        try
        {
            string text = new string('x', 1024 * 1024 - 5) + "hunter2-long" + new string('y', 100);
            File.WriteAllText(path, text);
            SecretFile.Hide(path, SecretMask.Of(["hunter2-long"]));
            Assert.Equal(text.Replace("hunter2-long", "************", StringComparison.Ordinal), File.ReadAllText(path));

            DateTime before = DateTime.UnixEpoch.AddDays(1);
            File.SetLastWriteTimeUtc(path, before);
            SecretFile.Hide(path, SecretMask.Of(["not there"]));
            Assert.Equal(before, File.GetLastWriteTimeUtc(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
