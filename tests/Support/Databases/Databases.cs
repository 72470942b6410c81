namespace Orbit.Tests.Support;

/// <summary>The databases that every storage test runs on: <c>[Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]</c>.</summary>
public static class Databases
{
    /// <summary>The embedded one.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>The distributed one.</summary>
    public const string Postgres = "postgres";

    /// <summary>Both, one row each.</summary>
    public static IEnumerable<object[]> All => [[Sqlite], [Postgres]];
}
