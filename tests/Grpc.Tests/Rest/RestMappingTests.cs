using System.Net;
using System.Text.Json;

namespace Orbit.Grpc.Tests.Rest;

/// <summary>Where fields travel and how values are written.</summary>
public sealed class RestMappingTests
{
    [Fact]
    public async Task A_path_is_a_call_of_its_method_with_the_callers_headers()
    {
        await using RestServer server = await RestServer.StartAsync();
        server.Http.DefaultRequestHeaders.Add("Authorization", "Bearer token");

        (HttpStatusCode status, JsonElement book, _) = await server.SendAsync("GET", "/api/v1/books/9007199254740993");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(9007199254740993, book.GetProperty("id").GetInt64());
        Assert.Equal("POST Bearer token", book.GetProperty("title").GetString());
        Assert.Equal("GET /api/v1/books/9007199254740993", book.GetProperty("nickname").GetString());
        (_, book, _) = await server.SendAsync("GET", "/api/v1/shelves/a%2Fb%20%E4%B9%A6%252F/books/7");
        Assert.Equal("a/b 书%2F", book.GetProperty("shelf").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Default_values_are_written_and_only_what_is_absent_is_left_out()
    {
        await using RestServer server = await RestServer.StartAsync();
        (_, JsonElement book, _) = await server.SendAsync("PUT", "/api/v1/books/1", "{}");
        Assert.Equal(
            """{"id":1,"title":"","binding":null,"cover":"","tags":[],"counts":{},"chapters":[],"weight":0,"flags":0,"here":false}""",
            book.GetRawText());
    }

    [Fact]
    public async Task Every_kind_of_value_comes_back_as_it_was_sent()
    {
        await using RestServer server = await RestServer.StartAsync();
        const string Sent =
            """
            {"id":5,"title":"Größe <書> \"x\"","binding":"CLOTH","printed_at":"2026-01-31T12:00:00.250Z","loan":"1.5s","notes":{"deep":{"list":[1,2.5,"x",null,true]}},
            "extra":[10800,{"a":null}],"cover":"AQL/","tags":["a","b"],"counts":{"x":-9223372036854775808,"y":9223372036854775807},"pages":0,
            "chapters":[{"title":"one","chapters":[{"title":"two","chapters":[]}]}],"weight":0.1,"nickname":"","shelf":{"name":"s"},"flags":18446744073709551615,"here":true}
            """;
        (HttpStatusCode status, JsonElement book, _) = await server.SendAsync("PUT", "/api/v1/books/5", Sent);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(Sent), book), book.GetRawText());
        Assert.Contains("Größe <書>", book.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_spellings_of_a_value_are_understood()
    {
        await using RestServer server = await RestServer.StartAsync();
        (_, JsonElement book, _) = await server.SendAsync(
            "PUT",
            "/api/v1/books/5",
            """
            {"printedAt":"2026-01-31T13:00:00+01:00","binding":"BOOK_BINDING_PAPER","counts":{"x":"12","y":1e3,"z":2.0},"flags":"7","weight":"NaN","pages":"3",
             "title":null,"loan":"-0.25s","cover":"_-8","extra":null}
            """);
        Assert.Equal("2026-01-31T12:00:00Z", book.GetProperty("printed_at").GetString());
        Assert.Equal("PAPER", book.GetProperty("binding").GetString());
        Assert.Equal("""{"x":12,"y":1000,"z":2}""", book.GetProperty("counts").GetRawText());
        Assert.Equal("NaN", book.GetProperty("weight").GetString());
        Assert.Equal(3, book.GetProperty("pages").GetInt32());
        Assert.Equal("-0.25s", book.GetProperty("loan").GetString());
        Assert.Equal("/+8=", book.GetProperty("cover").GetString());
        Assert.Equal(JsonValueKind.Null, book.GetProperty("extra").ValueKind);
        (_, book, _) = await server.SendAsync("PUT", "/api/v1/books/5", """{"binding":2,"pages":4}""");
        Assert.Equal("CLOTH", book.GetProperty("binding").GetString());
        (_, book, _) = await server.SendAsync("PUT", "/api/v1/books/5", """{"binding":77}""");
        Assert.Equal(77, book.GetProperty("binding").GetInt32());
    }

    [Fact]
    public async Task Query_parameters_fill_fields_also_nested_and_repeated_ones()
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement asked, _) = await server.SendAsync(
            "GET",
            "/api/v1/books?limit=&page_size=5&title=a%26b+c&bindings=CLOTH&bindings=1&shelf.name=s%2Ft&after=2026-01-31T12:00:00Z&labels[k.x]=v");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"page_size":5,"limit":0,"title":"a&b c","bindings":["CLOTH","PAPER"],"shelf":{"name":"s/t"},"after":"2026-01-31T12:00:00Z","labels":{"k.x":"v"}}""",
            asked.GetRawText());
    }

    [Fact]
    public async Task One_field_can_be_the_body_and_the_answer_with_a_status_of_its_own()
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement book, _) = await server.SendAsync("POST", "/api/v1/shelves/top/books", """{"title":"t"}""");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("t", book.GetProperty("title").GetString());
        Assert.Equal("top", book.GetProperty("reader").GetString());
    }

    [Fact]
    public async Task Variables_of_several_segments_and_custom_verbs_match()
    {
        await using RestServer server = await RestServer.StartAsync();
        (_, JsonElement loan, _) = await server.SendAsync("POST", "/api/v1/readers/ann/loans/a/b%2Fc%20d:lend", """{"remark":"r"}""");
        Assert.Equal("""{"name":"readers/ann","path":"a/b%2Fc d","remark":"r"}""", loan.GetRawText());
        (HttpStatusCode status, _, _) = await server.SendAsync("POST", "/api/v1/readers/ann/loans/a", "{}");
        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    [Fact]
    public async Task A_method_can_read_somebody_elses_JSON()
    {
        await using RestServer server = await RestServer.StartAsync();
        (_, JsonElement book, _) = await server.SendAsync("POST", "/api/v1/announcements", """{"BOOK_TITLE":"t","ANY":1,"OTHER":[2]}""");
        Assert.Equal("t", book.GetProperty("title").GetString());
        Assert.Equal("""{"KEYS":3}""", book.GetProperty("counts").GetRawText());
        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("POST", "/api/v1/announcements", """{"ANY":1}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("TITLE_MISSING", error.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Paths_that_are_not_ours_go_on_to_their_owners()
    {
        await using RestServer server = await RestServer.StartAsync();
        Assert.Equal("elsewhere", await server.Http.GetStringAsync("/api/v1/elsewhere/x"));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/somewhere")).StatusCode);
    }
}
