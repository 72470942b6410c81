using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Orbit.ControlPlane.Notifications.Mime;

namespace Orbit.ControlPlane.Notifications.Smtp;

/// <summary>Mail submission over SMTP (RFC 5321, 6409): plain, STARTTLS or implicit TLS; a connection a mail.</summary>
internal sealed class SmtpTransport(TimeProvider time) : IMailTransport
{
    /// <summary>Longest time a whole mail may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <inheritdoc />
    public async Task<string> SendAsync(OutgoingMail mail, MailServer server, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Host, server.Port, both.Token);
            return await SendAsync(socket.GetStream(), mail, server, both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new MailRefusedException($"{server.Host}:{server.Port} did not finish within {Patience.TotalSeconds:0} s.", isPermanent: false);
        }
        catch (Exception broken) when (broken is SocketException or IOException)
        {
            throw new MailRefusedException($"{server.Host}:{server.Port} cannot be reached: {broken.Message}", isPermanent: false, broken);
        }
        catch (AuthenticationException untrusted)
        {
            throw new MailRefusedException($"{server.Host}:{server.Port} is not trusted: {untrusted.Message}", isPermanent: false, untrusted);
        }
    }

    private static async Task<string> SendAsync(Stream plain, OutgoingMail mail, MailServer server, CancellationToken ct)
    {
        Stream stream = plain;
        try
        {
            stream = server.Security is MailSecurity.Tls ? await ProtectAsync(plain, server, ct) : plain;
            var talk = new SmtpDialog(stream);
            await talk.ExpectAsync(220, ct);
            await talk.GreetAsync(ct);
            if (server.Security is MailSecurity.StartTls)
            {
                stream = await StartTlsAsync(talk, plain, server, ct);
                talk = new SmtpDialog(stream);
                await talk.GreetAsync(ct); // what was said before is worth nothing
            }

            if (server.Username.Length > 0)
            {
                await talk.SignInAsync(server.Username, server.Password, ct);
            }

            string answer = await talk.HandInAsync(mail, ct);
            await talk.LeaveAsync(ct);
            return answer;
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private static async Task<Stream> StartTlsAsync(SmtpDialog talk, Stream plain, MailServer server, CancellationToken ct)
    {
        if (!talk.Offers("STARTTLS"))
        {
            throw new MailRefusedException($"{server.Host}:{server.Port} does not offer STARTTLS, which Smtp:Security asks for.", isPermanent: false);
        }

        await talk.CommandAsync("STARTTLS", 220, ct);
        talk.RequireNothingUnread(); // an attacker's words sent in the clear must not count as the server's
        return await ProtectAsync(plain, server, ct);
    }

    private static async Task<Stream> ProtectAsync(Stream plain, MailServer server, CancellationToken ct)
    {
        var tls = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = server.Host,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    CertificateChainPolicy = PolicyOf(server),
                },
                ct);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Null: the system's authorities decide. With a file of our own its authorities decide.</summary>
    private static X509ChainPolicy? PolicyOf(MailServer server)
    {
        if (server.CaFile.Length == 0)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(server.CaFile);
        return policy;
    }
}
