using Orbit.Shared;

namespace Orbit.Agent.Packages;

/// <summary>Where the package directory of a build is: the configured base address joined with the build's package path.</summary>
internal static class PackageLocation
{
    /// <returns>The address of the directory; it ends with a slash and lies under <paramref name="baseUrl"/>.</returns>
    /// <exception cref="PackageRefusal">The base address or the path is not acceptable.</exception>
    public static Uri Join(string? baseUrl, string? packagePath)
    {
        if (!PackagePathRule.TryParseBase(baseUrl, out Uri? root, out string? problem))
        {
            throw new PackageRefusal(PackagePathRule.BaseUrlInvalid, problem);
        }

        if (!PackagePathRule.TryParse(packagePath, out string[]? segments, out problem))
        {
            throw new PackageRefusal(PackagePathRule.PathInvalid, problem);
        }

        return PackagePathRule.Join(root, segments);
    }
}
