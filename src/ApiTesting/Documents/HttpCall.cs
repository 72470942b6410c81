using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>A name and a value, both with variables.</summary>
public sealed record Pair(Template Name, Template Value);

/// <summary>An HTTP request as written.</summary>
public sealed record HttpCall
{
    /// <summary>Method.</summary>
    public required Template Method { get; init; }

    /// <summary>Absolute URL.</summary>
    public required Template Url { get; init; }

    /// <summary>Added to the URL's query, encoded.</summary>
    public IReadOnlyList<Pair> Query { get; init; } = [];

    /// <summary>Headers, in order.</summary>
    public IReadOnlyList<Pair> Headers { get; init; } = [];

    /// <summary>Cookies of this request beside the row's own.</summary>
    public IReadOnlyList<Pair> Cookies { get; init; } = [];

    /// <summary>Body; null for none.</summary>
    public BodyPart? Body { get; init; }

    /// <summary>How to sign in; null for not at all.</summary>
    public Authentication? Auth { get; init; }

    /// <summary>For the whole exchange, redirects included. 30 s unless set.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Redirects to follow; 0: none.</summary>
    public int Redirects { get; init; } = 10;

    /// <summary>TLS choices.</summary>
    public TlsChoice Tls { get; init; } = TlsChoice.Usual;

    /// <summary>Proxy; null for none.</summary>
    public Template? Proxy { get; init; }
}

/// <summary>What a body is.</summary>
public enum BodyKind
{
    /// <summary>JSON with typed variables.</summary>
    Json,

    /// <summary>Fields of a form.</summary>
    Form,

    /// <summary>Parts, files among them.</summary>
    Multipart,

    /// <summary>Text as it is.</summary>
    Raw,

    /// <summary>A file as it is.</summary>
    File,

    /// <summary>A GraphQL query.</summary>
    GraphQl,
}

/// <summary>The body of a request.</summary>
public sealed record BodyPart(BodyKind Kind)
{
    /// <summary>JSON, raw text or the query.</summary>
    public Template? Text { get; init; }

    /// <summary>GraphQL's variables as JSON.</summary>
    public Template? GraphVariables { get; init; }

    /// <summary>GraphQL's operation.</summary>
    public Template? Operation { get; init; }

    /// <summary>Fields of a form.</summary>
    public IReadOnlyList<Pair> Fields { get; init; } = [];

    /// <summary>Parts of a multipart body.</summary>
    public IReadOnlyList<FormPart> Parts { get; init; } = [];

    /// <summary>A file beside the document.</summary>
    public Template? File { get; init; }

    /// <summary>Media type; null: the kind's usual one.</summary>
    public string? Type { get; init; }
}

/// <summary>One part of a multipart body: a value, a file beside the document, or bytes in Base64.</summary>
public sealed record FormPart(Template Name, Template? Value, Template? File, byte[]? Bytes, Template? FileName, string? Type);

/// <summary>How to sign in.</summary>
public enum AuthKind
{
    /// <summary>User and password.</summary>
    Basic,

    /// <summary>A token.</summary>
    Bearer,

    /// <summary>A key in a header, the query or a cookie.</summary>
    ApiKey,

    /// <summary>OAuth2 client credentials; the token is fetched once and renewed when it has expired.</summary>
    OAuth2,
}

/// <summary>How to sign in, with what.</summary>
public sealed record Authentication(AuthKind Kind)
{
    /// <summary>User, token, name of the key, or client id.</summary>
    public required Template First { get; init; }

    /// <summary>Password, value of the key, or client secret.</summary>
    public Template? Second { get; init; }

    /// <summary>Where an API key goes: <c>header</c>, <c>query</c> or <c>cookie</c>.</summary>
    public string In { get; init; } = "header";

    /// <summary>Where OAuth2 tokens come from.</summary>
    public Template? TokenUrl { get; init; }

    /// <summary>OAuth2 scope.</summary>
    public Template? Scope { get; init; }
}

/// <summary>TLS choices. Certificates are verified unless the document says otherwise by name.</summary>
public sealed record TlsChoice(string? Authority, string? Certificate, string? Key, bool Verify)
{
    /// <summary>The system's authorities, no client certificate.</summary>
    public static TlsChoice Usual { get; } = new(null, null, null, Verify: true);
}
