using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>One message encoding that a client or server can offer.</summary>
public interface ICompressionProvider
{
    /// <summary>The name on the wire, as in <c>grpc-encoding</c>.</summary>
    string EncodingName { get; }

    /// <summary>Makes a stream that compresses into <paramref name="stream"/>, which stays open; no level means the provider's own.</summary>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>Makes a stream that reads plain bytes out of <paramref name="stream"/>.</summary>
    Stream CreateDecompressionStream(Stream stream);
}
