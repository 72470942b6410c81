namespace Orbit.ControlPlane.Platform;

/// <summary>The address that links begin with: the option <c>PublicUrl</c>, else the first address the web endpoint listens on.</summary>
internal sealed class PublicUrl(IConfiguration configuration)
{
    private readonly string? _configured = configuration["PublicUrl"]?.TrimEnd('/');
    private string _listening = "http://127.0.0.1:8080";

    /// <summary>The address, without a slash at the end.</summary>
    public string Value => _configured ?? _listening;

    /// <summary>Remembers where the server listens, once it does.</summary>
    public void Listening(string address) => _listening = address.TrimEnd('/');
}
