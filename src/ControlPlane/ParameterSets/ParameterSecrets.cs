using System.Text.Json.Nodes;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Encrypts the secret variables of parameters before they are stored, each bound to its place.</summary>
internal sealed class ParameterSecrets(ISecretBox box)
{
    /// <summary>What an encrypted variable is bound to, so that it opens in its own place alone.</summary>
    public static string OwnerOf(string path) => $"parameter:{path}";

    /// <summary>Parameters that somebody wrote, in the form that is stored.</summary>
    /// <param name="json">Checked by <see cref="DeployParameters.Parse"/>.</param>
    /// <param name="present">What is stored now; a masked value keeps its own. Null for nothing.</param>
    /// <exception cref="OrbitException">PARAMETERS_INVALID: a mask where nothing is stored, or the stored form itself.</exception>
    public string Seal(string json, string? present)
    {
        JsonObject parameters = ParameterJson.Read(json);
        Dictionary<string, JsonObject> stored = present is null
            ? []
            : SecretForm.In(ParameterJson.Read(present)).ToDictionary(s => s.Path, s => s.Value, StringComparer.Ordinal);
        var problems = new ParameterProblems();
        foreach ((JsonObject variables, string name, string path, JsonObject form) in SecretForm.In(parameters).ToArray())
        {
            string? clear = SecretForm.ClearOf(form);
            if (clear is null)
            {
                problems.Add(path, "a text or {\"secret\": \"…\"}");
            }
            else if (clear != SecretForm.Mask)
            {
                variables[name] = SecretForm.OfSealed(box.Protect(clear, OwnerOf(path)));
            }
            else if (stored.TryGetValue(path, out JsonObject? kept))
            {
                variables[name] = kept.DeepClone();
            }
            else
            {
                problems.Add(path, $"a secret value; \"{SecretForm.Mask}\" keeps the stored one, and none is stored here");
            }
        }

        problems.ThrowIfAny();
        return parameters.ToJsonString(ParameterJson.Readable);
    }

    /// <summary>Stored parameters with their secrets in clear; for comparing, never for showing.</summary>
    public JsonObject Reveal(string stored)
    {
        JsonObject parameters = ParameterJson.Read(stored);
        foreach ((JsonObject variables, string name, string path, JsonObject form) in SecretForm.In(parameters).ToArray())
        {
            if (SecretForm.SealedOf(form) is { } sealedValue)
            {
                variables[name] = SecretForm.OfClear(box.Unprotect(Convert.FromBase64String(sealedValue), OwnerOf(path)));
            }
        }

        return parameters;
    }
}
