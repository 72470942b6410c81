using System.Globalization;

namespace Orbit.Faults.Rig;

/// <summary>
/// The wall clock of one program, by libfaketime in front of the C library's clock: what the program reads as the time of day is off by an
/// offset that may change at any moment; its monotonic clocks, and with them its timers, go on. Other programs keep their own time.
/// </summary>
internal sealed class WallClock
{
    private readonly string _file;

    /// <param name="file">Holds the offset.</param>
    public WallClock(string file)
    {
        _file = file;
        Jump(TimeSpan.Zero);
    }

    /// <summary>Lets a program that is started from now on have this clock.</summary>
    public void GiveTo(Surroundings program)
    {
        program.Environment["LD_PRELOAD"] = Directory.GetDirectories("/usr/lib").Select(libraries => Path.Combine(libraries, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("libfaketime is missing: apt-get install faketime");
        program.Environment["FAKETIME_TIMESTAMP_FILE"] = _file;
        program.Environment["FAKETIME_NO_CACHE"] = "1"; // looks at the file each time
        program.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        program.Environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0"; // with it, waits by the monotonic clock end at once, and all timers of a program spin
    }

    /// <summary>From now on it is off by so much.</summary>
    public void Jump(TimeSpan offset)
    {
        string beside = _file + ".new";
        File.WriteAllText(beside, offset.TotalSeconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture) + "\n");
        File.Move(beside, _file, overwrite: true);
    }

    /// <summary>Removes the shared memory that programs which were killed had for it.</summary>
    public static void Clean()
    {
        foreach (string file in Directory.GetFiles("/dev/shm", "*faketime_s*"))
        {
            if (!Directory.Exists($"/proc/{file[(file.LastIndexOf('_') + 1)..]}"))
            {
                File.Delete(file);
            }
        }
    }
}
