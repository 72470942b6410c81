using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Processes;

/// <summary>
/// The exit file: lines that the supervisor writes over zeros that the agent put there, so that a full disk cannot lose a result:
/// <c>run PID</c>, then <c>exit CODE</c>. A line counts only with its line end.
/// </summary>
internal sealed class ExitRecord
{
    private const int Bytes = 128;

    /// <summary>The supervisor's process number, once it runs.</summary>
    public int? Supervisor { get; private set; }

    /// <summary>How the command ended, once it has.</summary>
    public ProcessEnd? End { get; private set; }

    /// <summary>Creates the file.</summary>
    /// <exception cref="ProcessStartException">It exists: the command has been started before.</exception>
    public static void Create(string path)
    {
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using FileStream file = new(path, options);
            file.Write(new byte[Bytes]);
        }
        catch (IOException exists) when (File.Exists(path) && new FileInfo(path).Length == Bytes)
        {
            throw new ProcessStartException(ProcessStartException.AlreadyStarted, $"{path} exists, so this command has been started before; it is not started again.", exists);
        }
        catch (IOException cause)
        {
            File.Delete(path);
            throw new ProcessStartException(ProcessStartException.StorageFull, $"{path} cannot be written: {cause.Message}", cause);
        }
    }

    /// <summary>Reads what is there; an absent file is an empty record.</summary>
    public static ExitRecord Read(string path)
    {
        ExitRecord record = new();
        byte[] bytes = new byte[Bytes];
        int length;
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            length = RandomAccess.Read(file, bytes, 0);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return record;
        }

        string text = Encoding.ASCII.GetString(bytes, 0, length);
        for (int at = 0, end; (end = text.IndexOf('\n', at)) >= 0; at = end + 1)
        {
            record.Take(text[at..end]);
        }

        return record;
    }

    private void Take(string line)
    {
        switch (line.Split(' '))
        {
            case ["run", string pid]:
                Supervisor = int.Parse(pid, CultureInfo.InvariantCulture);
                break;
            case ["exit", string code]:
                End = ProcessEnd.FromShell(int.Parse(code, CultureInfo.InvariantCulture));
                break;
            case ["no", string what]:
                End = new ProcessEnd(ProcessOutcome.NotStarted, null, what switch
                {
                    "directory" => "The working directory could not be entered.",
                    _ => $"The limit '{what}' could not be set; it is higher than the agent's own.",
                });
                break;
            default:
                throw new InvalidDataException($"An exit file holds the line '{line}', which no supervisor writes.");
        }
    }
}
