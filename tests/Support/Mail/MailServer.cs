using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Orbit.Tests.Support;

/// <summary>A mail as it arrived.</summary>
/// <param name="From">Envelope sender.</param>
/// <param name="To">Envelope recipient.</param>
/// <param name="Tls">True when it came protected.</param>
/// <param name="User">Who signed in; empty for nobody.</param>
/// <param name="Utf8">True when SMTPUTF8 was asked for.</param>
/// <param name="Raw">The message.</param>
public sealed record ArrivedMail(string From, string To, bool Tls, string User, bool Utf8, byte[] Raw);

/// <summary>A real mail server (aiosmtpd) with a certificate of its own authority.</summary>
public sealed class MailServer : IAsyncDisposable
{
    private readonly string _directory;
    private readonly Process _process;

    private MailServer(string directory, Process process, int port) => (_directory, _process, Port) = (directory, process, port);

    /// <summary>Where it listens, on localhost.</summary>
    public int Port { get; }

    /// <summary>PEM file of the authority that vouches for it.</summary>
    public string CaFile => Path.Combine(_directory, "ca.pem");

    /// <summary>Starts one.</summary>
    /// <param name="security"><c>none</c>, <c>starttls</c> or <c>tls</c>.</param>
    /// <param name="login">User and password; a third word lets it offer AUTH LOGIN alone. None: no sign-in.</param>
    public static async Task<MailServer> StartAsync(string security, params string[] login)
    {
        string directory = Directory.CreateTempSubdirectory("orbit-mail-").FullName;
        MakeCertificate(directory);
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] words = [ScriptPath(), directory, Path.Combine(directory, "server.pem"), Path.Combine(directory, "server.key"), security, .. login];
        Array.ForEach(words, start.ArgumentList.Add);
        Process process = Process.Start(start)!;
        string? port = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return new MailServer(directory, process, int.Parse(port ?? throw new InvalidOperationException("The mail server did not start."), CultureInfo.InvariantCulture));
    }

    /// <summary>From now on later@… is taken.</summary>
    public void Open() => File.WriteAllText(Path.Combine(_directory, "open"), "");

    /// <summary>The mails it has, oldest first.</summary>
    public IReadOnlyList<ArrivedMail> Mails()
    {
        return [.. Directory.GetFiles(_directory, "*.eml").Order(StringComparer.Ordinal).Select(Read)];

        static ArrivedMail Read(string file)
        {
            using JsonDocument facts = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(file, ".json")));
            JsonElement root = facts.RootElement;
            return new(
                root.GetProperty("from").GetString()!, root.GetProperty("to")[0].GetString()!, root.GetProperty("tls").GetBoolean(),
                root.GetProperty("user").GetString()!, root.GetProperty("utf8").GetBoolean(), File.ReadAllBytes(file));
        }
    }

    /// <summary>Waits until it has that many; returns them.</summary>
    public Task<IReadOnlyList<ArrivedMail>> WaitAsync(int count) => Eventually.ReadAsync(() => Task.FromResult(Mails()), mails => mails.Count >= count);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void MakeCertificate(string directory)
    {
        using ECDsa caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=Orbit tests", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        DateTimeOffset from = DateTimeOffset.UnixEpoch.AddYears(40);
        using X509Certificate2 ca = caRequest.CreateSelfSigned(from, from.AddYears(60));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 server = request.Create(ca, from, from.AddYears(60), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(directory, "ca.pem"), ca.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static string ScriptPath()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Orbit.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return Path.Combine(directory ?? throw new InvalidOperationException("The tests do not lie in a checkout."), "tests/Support/Mail/mail_server.py");
    }
}
