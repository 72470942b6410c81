using System.Diagnostics;
using System.Security.Cryptography;
using Orbit.Agent.Processes;
using Xunit.Abstractions;

namespace Orbit.Agent.Tests.Processes;

public sealed class StepOutputTests(ITestOutputHelper output) : IDisposable
{
    private readonly StepRoom _room = new();
    private readonly byte[] _buffer = new byte[StepOutput.MaxPieceBytes];

    public void Dispose() => _room.Dispose();

    [Fact]
    public async Task A_line_is_read_while_the_command_still_runs()
    {
        RunningProcess running = _room.Shell("echo first; while [ ! -e go ]; do sleep 0.02; done; echo last");
        using StepOutput reader = Open(running);

        Assert.Equal("first\n", await TextAsync(reader, 6));
        Assert.True(running.IsRunning);
        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "go"), "");
        Assert.Equal("last\n", await TextAsync(reader, 5));
        Assert.Equal(new OutputPiece(OutputKind.End, 11, 0), await reader.ReadAsync(_buffer, _room.Limit));
        Assert.Equal(new OutputPiece(OutputKind.End, 11, 0), await reader.ReadAsync(_buffer, _room.Limit));
    }

    [Fact]
    public async Task Two_hundred_megabytes_of_any_bytes_arrive_as_they_were_written_and_fast()
    {
        const int Megabytes = 200;
        RunningProcess running = _room.Shell($"head -c {Megabytes}M /dev/urandom | tee copy");
        using StepOutput reader = Open(running);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long begun = Stopwatch.GetTimestamp();
        long next = 0;
        OutputPiece piece;
        while ((piece = await reader.ReadAsync(_buffer, _room.Limit)).Kind is OutputKind.Bytes)
        {
            Assert.Equal(next, piece.Offset);
            Assert.InRange(piece.Count, 1, StepOutput.MaxPieceBytes);
            next += piece.Count;
            hash.AppendData(_buffer, 0, (int)piece.Count);
        }

        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        output.WriteLine($"{Megabytes / seconds:F0} MB/s together with the command that made them");
        Assert.Equal(new OutputPiece(OutputKind.End, Megabytes * 1024L * 1024, 0), piece);
        await using FileStream copy = File.OpenRead(Path.Combine(_room.Directory, "copy"));
        Assert.Equal(await SHA256.HashDataAsync(copy, _room.Limit), hash.GetHashAndReset());
    }

    [Fact]
    public async Task Reading_goes_on_at_any_offset()
    {
        RunningProcess running = _room.Shell("printf 0123456789");
        await running.WaitAsync(_room.Limit);
        using StepOutput reader = Open(running, offset: 7);

        OutputPiece piece = await reader.ReadAsync(_buffer, _room.Limit);

        Assert.Equal(new OutputPiece(OutputKind.Bytes, 7, 3), piece);
        Assert.Equal("789"u8.ToArray(), _buffer[..3]);
    }

    [Fact]
    public async Task Beyond_the_limit_bytes_are_dropped_counted_and_take_no_place_on_the_disk()
    {
        const long Limit = 1_000_000;
        RunningProcess running = _room.Shell("head -c 300M /dev/zero | tr '\\0' x");
        using StepOutput reader = Open(running, limit: Limit);
        long kept = 0;
        long dropped = 0;
        OutputPiece piece;
        while ((piece = await reader.ReadAsync(_buffer, _room.Limit)).Kind is not OutputKind.End)
        {
            Assert.Equal(kept + dropped, piece.Offset);
            _ = piece.Kind is OutputKind.Bytes ? kept += piece.Count : dropped += piece.Count;
        }

        Assert.Equal((Limit, (300L << 20) - Limit, 300L << 20), (kept, dropped, piece.Offset));
        Assert.InRange(KibibytesOnDisk(), 900, 3000);
    }

    [Fact]
    public async Task Output_that_has_arrived_elsewhere_gives_its_place_on_the_disk_back()
    {
        RunningProcess running = _room.Shell("head -c 20M /dev/zero | tr '\\0' x");
        await running.WaitAsync(_room.Limit);
        using StepOutput reader = Open(running);
        for (int i = 0; i < 160; i++)
        {
            await reader.ReadAsync(_buffer, _room.Limit);
        }

        reader.Discard(reader.Offset);

        Assert.InRange(KibibytesOnDisk(), 9000, 11000);
        Assert.Equal(160 * StepOutput.MaxPieceBytes, (await reader.ReadAsync(_buffer, _room.Limit)).Offset);
        Assert.Equal((byte)'x', _buffer[0]);
    }

    [Fact]
    public async Task A_service_that_keeps_writing_adds_nothing_to_the_step_that_started_it()
    {
        RunningProcess running = _room.Shell("(while :; do echo noise; sleep 0.01; done) & echo started");
        await running.WaitAsync(_room.Limit);
        using StepOutput reader = Open(running);
        long length = 0;
        OutputPiece piece;
        while ((piece = await reader.ReadAsync(_buffer, _room.Limit)).Kind is not OutputKind.End)
        {
            length += piece.Count;
        }

        long later = new FileInfo(_room.OutputFile).Length;
        await _room.UntilAsync(() => new FileInfo(_room.OutputFile).Length > later, () => "more noise");
        Assert.Equal(new OutputPiece(OutputKind.End, length, 0), await reader.ReadAsync(_buffer, _room.Limit));
    }

    [Fact]
    public async Task The_output_of_a_released_service_does_not_fill_the_disk()
    {
        RunningProcess running = _room.Shell("(head -c 8M /dev/zero | tr '\\0' x; touch full; while [ ! -e go ]; do sleep 0.02; done; echo later) & echo started");
        await running.WaitAsync(_room.Limit);
        _ = running.ReleaseSurvivors();
        await _room.UntilAsync(() => File.Exists(Path.Combine(_room.Directory, "full")), () => "8 MiB of output");
        Assert.InRange(KibibytesOnDisk(), 8000, 9000);

        StepOutput.DiscardAll(_room.OutputFile);

        Assert.InRange(KibibytesOnDisk(), 0, 100);
        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "go"), "");
        await _room.PrintedAsync("later\n"); // the service writes on as if nothing had happened
    }

    [Fact]
    public async Task A_command_that_empties_its_own_output_is_read_on_with_rising_offsets()
    {
        RunningProcess running = _room.Shell("echo a long first line; while [ ! -e go ]; do sleep 0.02; done; echo two > /dev/stdout; while [ ! -e end ]; do sleep 0.02; done");
        using StepOutput reader = Open(running);
        Assert.Equal("a long first line\n", await TextAsync(reader, 18));
        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "go"), "");

        Assert.Equal(new OutputPiece(OutputKind.Dropped, 18, 0), await reader.ReadAsync(_buffer, _room.Limit));
        Assert.Equal(new OutputPiece(OutputKind.Bytes, 18, 4), await reader.ReadAsync(_buffer, _room.Limit));
        Assert.Equal("two\n"u8.ToArray(), _buffer[..4]);

        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "end"), "");
        Assert.Equal(new OutputPiece(OutputKind.End, 22, 0), await reader.ReadAsync(_buffer, _room.Limit));
    }

    [Fact]
    public async Task Waiting_for_output_ends_when_asked_and_loses_nothing()
    {
        RunningProcess running = _room.Shell("while [ ! -e go ]; do sleep 0.02; done; echo later");
        using StepOutput reader = Open(running);
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(60));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadAsync(_buffer, soon.Token));

        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "go"), "");
        Assert.Equal("later\n", await TextAsync(reader, 6));
    }

    private StepOutput Open(RunningProcess running, long offset = 0, long limit = StepOutput.DefaultLimitBytes) =>
        StepOutput.Open(_room.OutputFile, offset, running.WaitAsync(CancellationToken.None), limit, TimeProvider.System);

    private async Task<string> TextAsync(StepOutput reader, int bytes)
    {
        string text = "";
        while (text.Length < bytes)
        {
            OutputPiece piece = await reader.ReadAsync(_buffer, _room.Limit);
            Assert.Equal(OutputKind.Bytes, piece.Kind);
            text += System.Text.Encoding.ASCII.GetString(_buffer, 0, (int)piece.Count);
        }

        return text;
    }

    private long KibibytesOnDisk()
    {
        using Process du = Process.Start(new ProcessStartInfo("du", ["-k", _room.OutputFile]) { RedirectStandardOutput = true })!;
        return long.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
