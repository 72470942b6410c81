using System.Text;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Import;

/// <summary>Reads curl commands as browsers and documentation write them.</summary>
internal static class CurlImport
{
    private const int LongestCommand = 1024 * 1024;

    private static readonly HashSet<string> WithoutMeaning = new(StringComparer.Ordinal)
    {
        "-s", "--silent", "-S", "--show-error", "-v", "--verbose", "-i", "--include", "--compressed", "-L", "--location", "-g", "--globoff", "-f", "--fail", "-#", "--http1.1", "--http2",
    };

    private static readonly HashSet<string> IgnoredWithValue = new(StringComparer.Ordinal) { "-o", "--output", "-w", "--write-out", "--connect-timeout", "--retry" };

    public static Imported Read(string text)
    {
        if (text.Length > LongestCommand)
        {
            throw new DocumentException("", $"the command has more than {LongestCommand} characters");
        }

        List<string> words = Words(text);
        if (words.Count == 0 || words[0] is not "curl")
        {
            throw new DocumentException("", "the text does not begin with curl");
        }

        var builder = new DocumentBuilder("curl");
        var reading = new Reading(builder);
        for (int i = 1; i < words.Count; i++)
        {
            reading.Take(words, ref i);
        }

        JsonObject request = reading.Request();
        string url = request["url"]!.GetValue<string>();
        _ = builder.Add($"{request["method"]} {(Uri.TryCreate(url, UriKind.Absolute, out Uri? address) ? address.AbsolutePath : url)}", request, [], [], [], [], []);
        return builder.Build(null);
    }

    /// <summary>Splits as a POSIX shell does: quotes, escapes, line continuations, <c>$'…'</c>.</summary>
    internal static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is ' ' or '\t' or '\n' or '\r')
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    _ = word.Clear();
                }

                inWord = false;
                continue;
            }

            if (c == '\\' && i + 1 < text.Length && text[i + 1] is '\n' or '\r')
            {
                i += text[i + 1] == '\r' && i + 2 < text.Length && text[i + 2] == '\n' ? 2 : 1;
                continue;
            }

            inWord = true;
            bool special = c == '$' && i + 1 < text.Length && text[i + 1] == '\'';
            i = c is '\'' or '"' || special ? Quoted(text, special ? i + 1 : i, special, word) : Plain(text, i, word);
        }

        if (inWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    private static int Plain(string text, int at, StringBuilder word)
    {
        int from = text[at] == '\\' && at + 1 < text.Length ? at + 1 : at;
        _ = word.Append(text[from]);
        return from;
    }

    private static int Quoted(string text, int open, bool escapes, StringBuilder word)
    {
        char quote = text[open];
        for (int i = open + 1; i < text.Length; i++)
        {
            if (text[i] == quote)
            {
                return i;
            }

            bool escaped = text[i] == '\\' && i + 1 < text.Length && (escapes || (quote == '"' && text[i + 1] is '"' or '\\' or '$' or '`'));
            if (!escaped)
            {
                _ = word.Append(text[i]);
                continue;
            }

            i++;
            _ = word.Append(escapes ? text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var c => c } : text[i]);
        }

        throw new DocumentException($"character {open + 1}", "a quote has no end");
    }

    private sealed class Reading(DocumentBuilder builder)
    {
        private readonly JsonArray _headers = [];
        private readonly JsonArray _parts = [];
        private readonly List<string> _data = [];
        private string? _method;
        private string? _url;
        private JsonObject? _auth;
        private bool _get;
        private bool _insecure;
        private string? _proxy;

        public void Take(List<string> words, ref int i)
        {
            string option = words[i];
            if (WithoutMeaning.Contains(option))
            {
                return;
            }

            if (option is "-G" or "--get" or "-I" or "--head" or "-k" or "--insecure")
            {
                _get |= option is "-G" or "--get";
                _insecure |= option is "-k" or "--insecure";
                _method = option is "-I" or "--head" ? "HEAD" : _method;
                return;
            }

            if (!option.StartsWith('-'))
            {
                _url ??= option;
                return;
            }

            string value = Value(words, ref i, ref option);
            Apply(option, value);
        }

        public JsonObject Request()
        {
            string url = _url ?? throw new DocumentException("", "the command names no address");
            url = url.Contains("://", StringComparison.Ordinal) ? url : "http://" + url;
            string data = string.Join('&', _data);
            if (_get && data.Length > 0)
            {
                url += (url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + data;
            }

            bool sends = (_data.Count > 0 && !_get) || _parts.Count > 0;
            var request = new JsonObject { ["method"] = _method ?? (sends ? "POST" : "GET"), ["url"] = Literal(url) };
            if (_headers.Count > 0)
            {
                request["headers"] = _headers;
            }

            if (sends)
            {
                bool typed = _headers.Any(h => h!["name"]!.GetValue<string>().Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
                request["body"] = _parts.Count > 0 ? new JsonObject { ["multipart"] = _parts }
                    : typed ? new JsonObject { ["raw"] = Literal(data) }
                    : new JsonObject { ["raw"] = Literal(data), ["type"] = "application/x-www-form-urlencoded" };
            }

            if (_auth is not null)
            {
                request["auth"] = _auth;
            }

            if (_insecure)
            {
                request["tls"] = new JsonObject { ["verify"] = false };
            }

            if (_proxy is not null)
            {
                request["proxy"] = _proxy;
            }

            return request;
        }

        private static string Value(List<string> words, ref int i, ref string option)
        {
            if (option.StartsWith("--", StringComparison.Ordinal))
            {
                int at = option.IndexOf('=', StringComparison.Ordinal);
                if (at > 0)
                {
                    string inside = option[(at + 1)..];
                    option = option[..at];
                    return inside;
                }
            }
            else if (option.Length > 2)
            {
                string inside = option[2..];
                option = option[..2];
                return inside;
            }

            return i + 1 < words.Count ? words[++i] : throw new DocumentException(option, "needs a value");
        }

        private void Apply(string option, string value)
        {
            switch (option)
            {
                case "-X" or "--request":
                    _method = value.ToUpperInvariant();
                    break;
                case "-H" or "--header":
                    Header(value);
                    break;
                case "-d" or "--data" or "--data-raw" or "--data-binary" or "--data-ascii" or "--data-urlencode" or "--json":
                    Data(option, value);
                    break;
                case "-F" or "--form":
                    Part(value);
                    break;
                case "-u" or "--user":
                    int colon = value.IndexOf(':', StringComparison.Ordinal);
                    _auth = new() { ["basic"] = new JsonObject { ["username"] = colon < 0 ? value : value[..colon], ["password"] = colon < 0 ? "" : value[(colon + 1)..] } };
                    break;
                case "-A" or "--user-agent":
                    Header($"User-Agent: {value}");
                    break;
                case "-e" or "--referer":
                    Header($"Referer: {value}");
                    break;
                case "-b" or "--cookie":
                    Header($"Cookie: {value}");
                    break;
                case "-x" or "--proxy":
                    _proxy = value;
                    break;
                case "--url":
                    _url ??= value;
                    break;
                default:
                    if (!IgnoredWithValue.Contains(option))
                    {
                        builder.NotCovered.Add($"curl option {option} {value}");
                    }

                    break;
            }
        }

        private void Header(string line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                _headers.Add(new JsonObject { ["name"] = line[..colon].Trim(), ["value"] = Literal(line[(colon + 1)..].Trim()) });
            }
        }

        private void Data(string option, string value)
        {
            if (option == "--json")
            {
                Header("Content-Type: application/json");
            }

            if (value.StartsWith('@') && option != "--data-raw")
            {
                builder.NotCovered.Add($"curl option {option} {value}: a file of the other machine");
                return;
            }

            int at = value.IndexOf('=', StringComparison.Ordinal);
            _data.Add(option == "--data-urlencode" ? at < 0 ? Uri.EscapeDataString(value) : $"{value[..at]}={Uri.EscapeDataString(value[(at + 1)..])}" : value);
        }

        private void Part(string value)
        {
            int at = value.IndexOf('=', StringComparison.Ordinal);
            string name = at < 0 ? value : value[..at];
            string content = at < 0 ? "" : value[(at + 1)..];
            _parts.Add(content.StartsWith('@') ? new JsonObject { ["name"] = name, ["file"] = content[1..].Split(';')[0] } : new JsonObject { ["name"] = name, ["value"] = Literal(content) });
        }

        /// <summary>Two braces are no variable here.</summary>
        private static string Literal(string text) => text.Replace("{{", "\\{{", StringComparison.Ordinal);
    }
}
