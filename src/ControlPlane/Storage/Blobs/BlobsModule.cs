using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Storage.Blobs;

/// <summary>
/// Registers where blobs lie. Key <c>Blobs</c>: <c>database</c> (default with PostgreSQL) or <c>directory</c> (always with SQLite), which
/// with PostgreSQL needs <c>Blobs:Directory</c>, a path that all replicas share; with SQLite that is <c>blobs</c> below the data directory
/// unless set.
/// </summary>
internal static class BlobsModule
{
    public static IServiceCollection AddBlobs(this IServiceCollection services, IConfiguration configuration)
    {
        bool postgres = configuration["Database:Provider"] == "postgres";
        string kind = configuration["Blobs"] is { Length: > 0 } given ? given : postgres ? "database" : "directory";
        string? directory = configuration["Blobs:Directory"];
        if (kind is not ("database" or "directory"))
        {
            throw Wrong($"Blobs is '{kind}'; it must be 'database' or 'directory'.");
        }

        if (!postgres && kind == "database")
        {
            throw Wrong("Blobs is 'database', which needs Database:Provider 'postgres'; with 'sqlite' it must be 'directory'.");
        }

        if (kind == "directory" && postgres && string.IsNullOrWhiteSpace(directory))
        {
            throw Wrong("Blobs:Directory is not set; with Blobs 'directory' and Database:Provider 'postgres' it must be a path that all replicas share.");
        }

        return kind == "database"
            ? services.AddSingleton<IBlobStore, DatabaseBlobs>()
            : services.AddSingleton<IBlobStore>(provider => new DirectoryBlobs(
                directory is null ? provider.GetRequiredService<DataDirectory>().At("blobs") : Path.GetFullPath(directory),
                provider.GetRequiredService<TimeProvider>()));
    }

    private static OptionsValidationException Wrong(string text) => new("Blobs", typeof(IBlobStore), [text]);
}
