namespace Orbit.ApiTesting.Http;

/// <summary>A name leads to an address that requests may not go to.</summary>
internal sealed class ForbiddenAddressException(string host, string address)
    : IOException($"{host} leads to {address}, and requests to that address range are forbidden here");
