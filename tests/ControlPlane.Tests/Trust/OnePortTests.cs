using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Net.Client;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Trust;

public sealed class OnePortTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task One_port_serves_pages_rest_grpc_grpc_web_and_agents(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider, TlsClient.Endpoint);
        Uri address = lab.Orbit.TlsAddress();
        using X509Certificate2 authority = (await lab.Orbit.TrustAsync()).Authority();
        using HttpClient http = new(TlsClient.Trusting(authority)) { BaseAddress = address };
        using GrpcChannel channel = TlsClient.Channel(address, authority);

        foreach (Version version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/healthz") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using HttpResponseMessage answer = await http.SendAsync(request);
            Assert.Equal(("ok\n", version), (await answer.Content.ReadAsStringAsync(), answer.Version));
        }

        using HttpResponseMessage rest = await http.GetAsync(new Uri("/api/v1/agents", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, rest.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await GrpcWebLoginAsync(http));
        using FakeAgent agent = await FakeAgent.JoinAsync(lab.Orbit, lab.Admin, "lab-1");
        await using FakeAgentSession session = await agent.ConnectAsync(channel);
        Assert.Equal("lab-1", session.Welcome.AgentName);
        Assert.Equal(authority.RawData, Assert.Single(session.Welcome.Trust.Certificates).ToByteArray());
    }

    [Fact]
    public async Task The_handshake_settles_on_what_the_client_can_speak()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint);

        Assert.Equal("h2", (await TlsClient.HandshakeAsync(orbit.TlsAddress(), SslApplicationProtocol.Http2, SslApplicationProtocol.Http11)).Protocol);
        Assert.Equal("http/1.1", (await TlsClient.HandshakeAsync(orbit.TlsAddress(), SslApplicationProtocol.Http11)).Protocol);
    }

    [Fact]
    public async Task Agents_are_not_served_on_the_port_for_pages()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint);
        using HttpRequestMessage request = new(HttpMethod.Post, "/orbit.v1.AgentGateway/Enroll") { Content = GrpcWebBody(new EnrollRequest()) };
        using HttpResponseMessage answer = await orbit.Http.SendAsync(request);

        Assert.Contains("12", answer.Headers.TryGetValues("grpc-status", out IEnumerable<string>? status) ? status : [await answer.Content.ReadAsStringAsync()]);
    }

    [Fact]
    public async Task An_endpoint_with_a_certificate_of_its_own_keeps_it()
    {
        string directory = Directory.CreateTempSubdirectory("orbit-tls-").FullName;
        try
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 mine = new CertificateRequest("CN=mine", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            string file = Path.Combine(directory, "mine.pfx");
            await File.WriteAllBytesAsync(file, mine.Export(X509ContentType.Pfx));

            await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint, $"--Kestrel:Endpoints:Tls:Certificate:Path={file}");
            (X509Certificate2 presented, _) = await TlsClient.HandshakeAsync(orbit.TlsAddress());

            Assert.Equal(mine.RawData, presented.RawData);
            Assert.False((await orbit.TrustAsync()).Own);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_client_that_does_not_know_the_authority_does_not_believe_the_server()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint);
        using HttpClient http = new() { BaseAddress = orbit.TlsAddress() };

        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));

        Assert.IsType<AuthenticationException>(refused.InnerException);
    }

    private static ByteArrayContent GrpcWebBody(IMessage message)
    {
        byte[] body = message.ToByteArray();
        ByteArrayContent content = new([0, 0, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc-web+proto");
        return content;
    }

    private static async Task<HttpStatusCode> GrpcWebLoginAsync(HttpClient http)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/orbit.v1.AuthService/Login") { Content = GrpcWebBody(new LoginRequest { Email = "web@example.org" }) };
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Contains("grpc-status: 0", System.Text.Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync()), StringComparison.Ordinal);
        return answer.StatusCode;
    }
}
