using System.Text.Json;
using Google.Protobuf;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>What capabilities add to the REST mapping. Methods are named in full, such as <c>orbit.v1.BuildService.PostBuild</c>.</summary>
internal sealed class RestOptions
{
    /// <summary>Deepest nesting of a JSON body.</summary>
    public const int MaxDepth = 64;

    private readonly Dictionary<string, Func<JsonElement, IMessage>> _bodyReaders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _successStatuses = new(StringComparer.Ordinal);

    /// <summary>Paths below it belong to the contract: what it does not know is answered 404 in JSON.</summary>
    public string Prefix { get; set; } = "/api/";

    /// <summary>Beginnings of paths below <see cref="Prefix"/> that other endpoints serve.</summary>
    public IList<string> PassOn { get; } = [];

    /// <summary>Longest JSON body in bytes.</summary>
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Title of the OpenAPI document.</summary>
    public string Title { get; set; } = "Orbit";

    /// <summary>Reads the whole body of a method by hand, for callers whose JSON is not ours. It gets an object and may refuse it.</summary>
    public void ReadBody(string method, Func<JsonElement, IMessage> reader) => _bodyReaders.Add(method, reader);

    /// <summary>HTTP status of a method's success; 200 unless set.</summary>
    public void AnswerWith(string method, int status) => _successStatuses.Add(method, status);

    internal Func<JsonElement, IMessage>? BodyReaderOf(string method) => _bodyReaders.GetValueOrDefault(method);

    internal int SuccessStatusOf(string method) => _successStatuses.GetValueOrDefault(method, StatusCodes.Status200OK);
}
