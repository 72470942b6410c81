using System.Text;

namespace Orbit.Agent.Tests.Files;

/// <summary>Puts files into a test's own directory.</summary>
internal static class FilesOfATest
{
    /// <summary>Writes a file below the directory, making what leads to it, and says where it is.</summary>
    public static string Write(this TemporaryDirectory directory, string relative, string content) =>
        directory.Write(relative, Encoding.UTF8.GetBytes(content));

    public static string Write(this TemporaryDirectory directory, string relative, byte[] content)
    {
        string path = directory[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }
}
