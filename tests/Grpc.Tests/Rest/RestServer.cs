using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.Grpc.Tests.Wire;

namespace Orbit.Grpc.Tests.Rest;

/// <summary>The library behind the REST mapping on a real socket, and a plain HTTP client to it.</summary>
internal sealed class RestServer : IAsyncDisposable
{
    public const int MaxBody = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private RestServer(EchoServer server)
    {
        Server = server;
        Http = new HttpClient { BaseAddress = server.Http1, Timeout = Patience };
    }

    public EchoServer Server { get; }

    public HttpClient Http { get; }

    public static async Task<RestServer> StartAsync() => new(await EchoServer.StartAsync(
        grpc: grpc => grpc.Interceptors.Add<RefusalInterceptor>(),
        services: services => services.AddRestTranscoding(rest =>
        {
            rest.MaxBodyBytes = MaxBody;
            rest.PassOn.Add("/api/v1/elsewhere");
            rest.AnswerWith("orbit.grpctests.v1.LibraryService.AddBook", StatusCodes.Status201Created);
            rest.ReadBody("orbit.grpctests.v1.LibraryService.Announce", Announcement);
        }),
        pipeline: app =>
        {
            app.UseRestTranscoding();
            app.Use((context, next) => context.Request.Headers.Authorization == "Bearer wrong" ? Refuse(context) : next(context));
            app.UseRouting();
            app.MapGet("/api/v1/elsewhere/x", () => "elsewhere");
            app.MapGrpcService<LibraryGrpcService>();
        }));

    /// <summary>Sends a request and reads the JSON of the answer.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Json, HttpResponseMessage Response)> SendAsync(
        string verb, string path, string? body = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(Server.Http1.OriginalString.TrimEnd('/') + path));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text), response);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    private static Book Announcement(JsonElement json) =>
        json.TryGetProperty("BOOK_TITLE", out JsonElement title)
            ? new Book { Title = title.GetString(), Counts = { ["KEYS"] = json.EnumerateObject().Count() } }
            : throw OrbitException.Invalid("TITLE_MISSING", "BOOK_TITLE is missing.");
}
