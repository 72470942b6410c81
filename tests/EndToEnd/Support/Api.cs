using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Orbit.EndToEnd.Support;

/// <summary>Somebody who is signed in and uses the REST API.</summary>
internal sealed class Api : IDisposable
{
    private readonly HttpClient _http;

    private Api(HttpClient http) => _http = http;

    /// <summary>The session's bearer token.</summary>
    public string Token { get; private init; } = "";

    /// <summary>Signs in.</summary>
    public static async Task<Api> SignInAsync(Uri server, string email, string? password = null)
    {
        HttpClient http = new() { BaseAddress = server, Timeout = TimeSpan.FromMinutes(2) };
        using HttpResponseMessage answer = await http.PostAsJsonAsync("/api/v1/auth/login", new JsonObject { ["email"] = email, ["password"] = password });
        string token = (string)(await ReadAsync(answer))["token"]!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new Api(http) { Token = token };
    }

    public async Task<JsonNode> GetAsync(string path) => await ReadAsync(await _http.GetAsync(path));

    public async Task<JsonNode> PostAsync(string path, JsonNode body) => await ReadAsync(await _http.PostAsJsonAsync(path, body));

    public async Task<JsonNode> PutAsync(string path, JsonNode body) => await ReadAsync(await _http.PutAsJsonAsync(path, body));

    public Task<string> TextAsync(string path) => _http.GetStringAsync(path);

    public Task<HttpResponseMessage> PageAsync(string path) => _http.GetAsync(path);

    /// <summary>Lines of a stream as they come, until it ends or the caller has enough.</summary>
    public async IAsyncEnumerable<JsonObject> LinesAsync(string path)
    {
        using HttpResponseMessage answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using StreamReader reader = new(await answer.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
            {
                yield return JsonNode.Parse(line)!.AsObject();
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            string text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri} was answered {(int)answer.StatusCode}: {text}");
            return JsonNode.Parse(text)!;
        }
    }
}
