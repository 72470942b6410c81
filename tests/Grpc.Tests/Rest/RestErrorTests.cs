using System.Net;
using System.Text.Json;

namespace Orbit.Grpc.Tests.Rest;

/// <summary>What a caller reads when it goes wrong.</summary>
public sealed class RestErrorTests
{
    [Fact]
    public async Task A_refusal_keeps_its_reason_its_details_and_the_wait()
    {
        await using RestServer server = await RestServer.StartAsync();

        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("GET", "/api/v1/books/404");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(
            """{"code":"NOT_FOUND","message":"There is no book 404, nicht für dich.","reason":"BOOK_NOT_FOUND","details":{"id":"404"}}""", error.GetRawText());

        (status, error, HttpResponseMessage response) = await server.SendAsync("GET", "/api/v1/books/429");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Equal("RESOURCE_EXHAUSTED", error.GetProperty("code").GetString());
        Assert.Equal("3", Assert.Single(response.Headers.GetValues("Retry-After")));
        Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_defect_and_a_refusal_before_the_method_are_JSON_too()
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("GET", "/api/v1/books/500");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.DoesNotContain("secret", error.GetRawText(), StringComparison.Ordinal);

        server.Http.DefaultRequestHeaders.Add("Authorization", "Bearer wrong");
        (status, error, _) = await server.SendAsync("GET", "/api/v1/books/1");
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("UNAUTHENTICATED", error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("""{"titel":"x"}""", "UNKNOWN_FIELD", "titel")]
    [InlineData("""{"chapters":[{},{"titel":"x"}]}""", "UNKNOWN_FIELD", "chapters[1].titel")]
    [InlineData("""{"title":7}""", "WRONG_TYPE", "title")]
    [InlineData("""{"pages":2147483648}""", "WRONG_TYPE", "pages")]
    [InlineData("""{"pages":1.5}""", "WRONG_TYPE", "pages")]
    [InlineData("""{"flags":-1}""", "WRONG_TYPE", "flags")]
    [InlineData("""{"counts":{"x":true}}""", "WRONG_TYPE", "counts.x")]
    [InlineData("""{"chapters":{}}""", "WRONG_TYPE", "chapters")]
    [InlineData("""{"chapters":[null]}""", "WRONG_TYPE", "chapters[0]")]
    [InlineData("""{"binding":"LEATHER"}""", "WRONG_TYPE", "binding")]
    [InlineData("""{"printed_at":"2026-01-31"}""", "WRONG_TYPE", "printed_at")]
    [InlineData("""{"printed_at":"2026-02-30T00:00:00Z"}""", "WRONG_TYPE", "printed_at")]
    [InlineData("""{"loan":"5 minutes"}""", "WRONG_TYPE", "loan")]
    [InlineData("""{"here":"true"}""", "WRONG_TYPE", "here")]
    [InlineData("""{"cover":"%%%"}""", "WRONG_TYPE", "cover")]
    [InlineData("""[]""", "WRONG_TYPE", "")]
    public async Task What_does_not_fit_is_refused_by_the_path_of_the_field(string body, string reason, string field)
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("PUT", "/api/v1/books/1", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("INVALID_ARGUMENT", error.GetProperty("code").GetString());
        Assert.Equal(reason, error.GetProperty("reason").GetString());
        Assert.Equal(field, error.GetProperty("details").GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("{\"title\":\"x\",\n \"pages\":}", "line 2, byte 10")]
    [InlineData("{\"title\":\"x\"", "line 1")]
    [InlineData("{\"title\":\"x\",\"title\":\"y\"}", "title")]
    [InlineData("{\"printed_at\":null,\"printedAt\":null}", "twice")]
    [InlineData("{\"counts\":{\"dup_key\":1,\"dup_key\":2}}", "dup_key")]
    [InlineData("{\"notes\":{\"a\":{\"dup_key\":1,\"dup_key\":2}}}", "dup_key")]
    [InlineData("{\"title\":\"\\ud800\"}", "surrogate")]
    [InlineData("{\"\\ud800\":1}", "surrogate")]
    public async Task Broken_JSON_is_refused_with_its_place(string body, string place)
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("PUT", "/api/v1/books/1", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("INVALID_JSON", error.GetProperty("reason").GetString());
        Assert.Contains(place, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"chapters":[""", "]}", 32, true)] // 64 levels of JSON, 32 of messages
    [InlineData("""{"chapters":[""", "]}", 33, false)]
    [InlineData("[", "]", 40, true)]
    [InlineData("[", "]", 60, false)] // allowed in JSON, too deep for messages, where each level takes two
    public async Task Nesting_is_limited_and_never_a_defect(string open, string close, int levels, bool accepted)
    {
        await using RestServer server = await RestServer.StartAsync();
        string inner = string.Concat(Enumerable.Repeat(open, levels)) + string.Concat(Enumerable.Repeat(close, levels));
        (HttpStatusCode status, JsonElement answer, _) = await server.SendAsync(
            "PUT", "/api/v1/books/1", open == "[" ? $$"""{"extra":{{inner}}}""" : inner);
        Assert.Equal(accepted ? HttpStatusCode.OK : HttpStatusCode.BadRequest, status);
        Assert.Equal(!accepted, answer.TryGetProperty("reason", out JsonElement reason) && reason.GetString() == "INVALID_JSON");
    }

    [Theory]
    [InlineData("GET", "/api/v1/books/x", null, "application/json", HttpStatusCode.BadRequest, "WRONG_TYPE")]
    [InlineData("GET", "/api/v1/books?color=red", null, "application/json", HttpStatusCode.BadRequest, "UNKNOWN_FIELD")]
    [InlineData("GET", "/api/v1/books?limit=1&limit=2", null, "application/json", HttpStatusCode.BadRequest, "WRONG_TYPE")]
    [InlineData("GET", "/api/v1/nothing", null, "application/json", HttpStatusCode.NotFound, "PATH_UNKNOWN")]
    [InlineData("PUT", "/api/v1/books/1", "{}", "text/plain", HttpStatusCode.UnsupportedMediaType, "CONTENT_TYPE_UNSUPPORTED")]
    [InlineData("PUT", "/api/v1/books/1", "{}", "application/json; charset=latin1", HttpStatusCode.UnsupportedMediaType, "CONTENT_TYPE_UNSUPPORTED")]
    [InlineData("PUT", "/api/v1/books/1", """{"reader":"x","shelf":{}}""", "application/json", HttpStatusCode.BadRequest, "FIELDS_EXCLUDE_EACH_OTHER")]
    public async Task A_wrong_request_is_answered_in_JSON(string verb, string path, string? body, string type, HttpStatusCode status, string reason)
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode seen, JsonElement error, _) = await server.SendAsync(verb, path, body, type);
        Assert.Equal(status, seen);
        Assert.Equal(reason, error.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_known_path_with_another_verb_says_which_verbs_it_has()
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement error, HttpResponseMessage response) = await server.SendAsync("DELETE", "/api/v1/books/1");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, status);
        Assert.Equal("VERB_UNSUPPORTED", error.GetProperty("reason").GetString());
        Assert.Equal(["GET", "PUT"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_the_limit_is_refused_whether_its_length_is_told_or_not(bool told)
    {
        await using RestServer server = await RestServer.StartAsync();
        using var content = new StringContent($$"""{"title":"{{new string('x', RestServer.MaxBody)}}"}""", System.Text.Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/books/1") { Content = content };
        request.Headers.TransferEncodingChunked = !told;
        using HttpResponseMessage response = await server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("BODY_TOO_LONG", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
