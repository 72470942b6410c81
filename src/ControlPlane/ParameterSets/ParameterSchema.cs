namespace Orbit.ControlPlane.ParameterSets;

/// <summary>The JSON Schema of the parameters: docs/parameters.schema.json, which is built into the program.</summary>
internal static class ParameterSchema
{
    private const string Resource = "parameters.schema.json";

    /// <summary>UTF-8.</summary>
    public static readonly byte[] Bytes = Read();

    private static byte[] Read()
    {
        using Stream schema = typeof(ParameterSchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not built in.");
        using var bytes = new MemoryStream();
        schema.CopyTo(bytes);
        return bytes.ToArray();
    }
}
