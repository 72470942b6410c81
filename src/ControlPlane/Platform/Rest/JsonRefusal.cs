namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Refusals of request bodies, in terms of the JSON that the caller wrote.</summary>
internal static class JsonRefusal
{
    /// <summary>A value of the wrong kind or range.</summary>
    public static OrbitException Wrong(string path, string wanted, string got) =>
        new(Refusal.Invalid, "WRONG_TYPE", $"{(path.Length == 0 ? "The body" : $"\"{path}\"")} must be {wanted}, not {got}.")
        {
            Details = new Dictionary<string, string> { ["field"] = path, ["expected"] = wanted },
        };

    /// <summary>Not JSON at all, or not in the limits.</summary>
    public static OrbitException Broken(string why) => new(Refusal.Invalid, "INVALID_JSON", $"The body is not valid JSON: {why}");
}
