using System.Text;
using System.Text.RegularExpressions;
using Orbit.ControlPlane.Notifications.Mime;
using Orbit.ControlPlane.Notifications.Smtp;
using Orbit.ControlPlane.Outbox;
using Server = Orbit.ControlPlane.Notifications.Smtp.MailServer;
using TestServer = Orbit.Tests.Support.MailServer;

namespace Orbit.ControlPlane.Tests.Notifications;

/// <summary>Mails against a real mail server.</summary>
public sealed class SmtpTests
{
    private static readonly MailBody Body = new(
        "Grüße\n.a line that begins with a dot\n..and another\n", "<p>Grüße <img src=\"cid:donut\"></p>", [new("donut", [1, 2, 3, 250])]);

    [Theory]
    [InlineData("none", "")]
    [InlineData("starttls", "")]
    [InlineData("tls", "")]
    [InlineData("none", "PLAIN")]
    [InlineData("starttls", "PLAIN")]
    [InlineData("tls", "LOGIN")]
    public async Task A_mail_arrives_whole_over_every_transport(string security, string login)
    {
        string[] credentials = login.Length == 0 ? [] : login == "PLAIN" ? ["orbit", "se cret"] : ["orbit", "se cret", "LOGIN"];
        await using TestServer server = await TestServer.StartAsync(security, credentials);
        OutgoingMail mail = Mail("you@example.org");

        string answer = await SendAsync(mail, ServerAt(server, security) with { Username = login.Length == 0 ? "" : "orbit", Password = "se cret" });

        Orbit.Tests.Support.ArrivedMail arrived = Assert.Single(server.Mails());
        Assert.StartsWith("250 OK kept as 1", answer, StringComparison.Ordinal);
        Assert.Equal(("orbit@example.org", "you@example.org", security != "none", login.Length == 0 ? "" : "orbit"), (arrived.From, arrived.To, arrived.Tls, arrived.User));
        Assert.Equal(Encoding.UTF8.GetString(MimeWriter.Write(mail)), Encoding.UTF8.GetString(arrived.Raw));
    }

    [Theory]
    [InlineData("starttls")]
    [InlineData("tls")]
    public async Task A_certificate_that_nobody_trusted_vouches_for_is_refused_before_the_password_is_sent(string security)
    {
        await using TestServer server = await TestServer.StartAsync(security, "orbit", "secret");

        MailRefusedException refused = await RefusedAsync(Mail("you@example.org"), ServerAt(server, security) with { CaFile = "", Username = "orbit", Password = "secret" });

        Assert.Contains("is not trusted", refused.Message, StringComparison.Ordinal);
        Assert.Empty(server.Mails());
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync("tls");

        MailRefusedException refused = await RefusedAsync(Mail("you@example.org"), ServerAt(server, "tls") with { Host = "127.0.0.1" });

        Assert.Contains("is not trusted", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_starttls_is_asked_for_and_not_offered_nothing_is_sent_in_the_clear()
    {
        await using TestServer server = await TestServer.StartAsync("none", "orbit", "secret");

        MailRefusedException refused = await RefusedAsync(Mail("you@example.org"), ServerAt(server, "starttls") with { Username = "orbit", Password = "secret" });

        Assert.Contains("does not offer STARTTLS", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refused@example.org", "550 5.1.1 no such person", true)]
    [InlineData("later@example.org", "450 4.2.1 not now", false)]
    public async Task A_refusal_says_what_the_server_said_and_whether_it_is_for_good(string to, string said, bool forGood)
    {
        await using TestServer server = await TestServer.StartAsync("none");

        MailRefusedException refused = await RefusedAsync(Mail(to), ServerAt(server, "none"));

        Assert.EndsWith(said, refused.Message, StringComparison.Ordinal);
        Assert.Equal(forGood, refused.IsPermanent);
    }

    [Fact]
    public async Task A_wrong_password_is_for_the_operator_to_set_right_and_not_for_good()
    {
        await using TestServer server = await TestServer.StartAsync("tls", "orbit", "secret");

        MailRefusedException refused = await RefusedAsync(Mail("you@example.org"), ServerAt(server, "tls") with { Username = "orbit", Password = "wrong" });

        Assert.Contains("535", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsPermanent);
        Assert.DoesNotContain("wrong", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_listening_is_not_for_good()
    {
        MailRefusedException refused = await RefusedAsync(Mail("you@example.org"), new Server("127.0.0.1", 1, MailSecurity.None, "", "", ""));

        Assert.False(refused.IsPermanent);
        Assert.Contains("cannot be reached", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_beyond_ascii_is_sent_where_the_server_takes_it_and_its_domain_needs_nothing()
    {
        await using TestServer server = await TestServer.StartAsync("none");

        await SendAsync(Mail("用户@example.org"), ServerAt(server, "none"));
        await SendAsync(Mail("you@bücher.example"), ServerAt(server, "none"));

        Assert.Equal([("用户@example.org", true), ("you@xn--bcher-kva.example", false)], server.Mails().Select(m => (m.To, m.Utf8)));
    }

    [Fact]
    public async Task A_line_break_in_an_address_reaches_no_server()
    {
        await using TestServer server = await TestServer.StartAsync("none");

        MailRefusedException refused = await RefusedAsync(Mail("you@example.org>\r\nRCPT TO:<other@example.org"), ServerAt(server, "none"));

        Assert.True(refused.IsPermanent);
        Assert.Empty(server.Mails());
    }

    [Fact]
    public void Dots_are_doubled_at_line_begins_alone()
    {
        byte[] stuffed = SmtpDialog.Stuffed(Encoding.ASCII.GetBytes(".a\r\nb.c\r\n..\r\n"));

        Assert.Equal("..a\r\nb.c\r\n...\r\n", Encoding.ASCII.GetString(stuffed));
    }

    [Fact]
    public void Every_line_is_ascii_and_short_and_a_subject_in_any_letters_survives()
    {
        string subject = "运行 41 的判定：测试失败 🙂 " + new string('测', 100);
        string text = Encoding.UTF8.GetString(MimeWriter.Write(Mail("you@example.org") with { Subject = subject }));

        Assert.All(text.Split("\r\n"), line => Assert.True(line.Length <= 76 && line.All(char.IsAscii), line));
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        string field = Regex.Match(text, @"^Subject: ((?:.*\r\n )*.*)\r$", RegexOptions.Multiline).Groups[1].Value;
        IEnumerable<byte> bytes = Regex.Matches(field, @"=\?utf-8\?B\?([^?]*)\?=").SelectMany(w => Convert.FromBase64String(w.Groups[1].Value));
        Assert.Equal(subject, Encoding.UTF8.GetString([.. bytes]));
    }

    [Fact]
    public void A_line_break_in_a_subject_makes_no_header()
    {
        string text = Encoding.UTF8.GetString(MimeWriter.Write(Mail("you@example.org") with { Subject = "a\r\nBcc: other@example.org", FromName = "x\r\nBcc: y" }));

        Assert.DoesNotMatch(new Regex("^Bcc:", RegexOptions.Multiline), text);
    }

    private static OutgoingMail Mail(string to) =>
        new("orbit@example.org", "Örbit", to, "Run 41 passed", Body, "0190@example.org", new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    private static Server ServerAt(TestServer server, string security) => new(
        "localhost", server.Port, security switch { "tls" => MailSecurity.Tls, "starttls" => MailSecurity.StartTls, _ => MailSecurity.None }, "", "", server.CaFile);

    private static Task<string> SendAsync(OutgoingMail mail, Server server) => new SmtpTransport(TimeProvider.System).SendAsync(mail, server, CancellationToken.None);

    private static Task<MailRefusedException> RefusedAsync(OutgoingMail mail, Server server) => Assert.ThrowsAsync<MailRefusedException>(() => SendAsync(mail, server));
}
