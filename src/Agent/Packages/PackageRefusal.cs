using Orbit.Agent.Files;

namespace Orbit.Agent.Packages;

/// <summary>A package cannot be found, fetched or trusted. Nothing of it was put where a deployment could see it.</summary>
internal sealed class PackageRefusal(string reason, string message, Exception? inner = null)
    : HostRefusal(reason, message, inner)
{
    public const string ListingInvalid = "PACKAGE_LISTING_INVALID";
    public const string ListingTooLarge = "PACKAGE_LISTING_TOO_LARGE";
    public const string PatternInvalid = "PACKAGE_PATTERN_INVALID";
    public const string NotFound = "PACKAGE_NOT_FOUND";
    public const string Ambiguous = "PACKAGE_AMBIGUOUS";
    public const string ServerRefused = "PACKAGE_SERVER_REFUSED";
    public const string ServerUnreachable = "PACKAGE_SERVER_UNREACHABLE";
    public const string AddressRefused = "PACKAGE_ADDRESS_REFUSED";
    public const string RedirectRefused = "PACKAGE_REDIRECT_REFUSED";
    public const string TooLarge = "PACKAGE_TOO_LARGE";
    public const string TooSlow = "PACKAGE_TOO_SLOW";
    public const string TimedOut = "PACKAGE_DOWNLOAD_TIMED_OUT";
    public const string ChecksumInvalid = "PACKAGE_CHECKSUM_INVALID";
    public const string ChecksumMismatch = "PACKAGE_CHECKSUM_MISMATCH";
    public const string ChecksumMissing = "PACKAGE_CHECKSUM_MISSING";
    public const string NotAnArchive = "PACKAGE_NOT_AN_ARCHIVE";
}
