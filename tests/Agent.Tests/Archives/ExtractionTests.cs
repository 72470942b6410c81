using System.Diagnostics;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Orbit.Agent.Archives;
using Orbit.Agent.Files;
using Orbit.Agent.Tests.Files;
using Orbit.Tests.Support;

namespace Orbit.Agent.Tests.Archives;

public sealed class ExtractionTests
{
    [Fact]
    public async Task Modes_times_and_contents_of_a_tar_are_kept_and_its_single_top_folder_is_taken_off()
    {
        using ExtractionRig rig = new();
        byte[] archive = new TarBytes().Folder("shop-1.2/").Folder("shop-1.2/bin/").File("shop-1.2/bin/shop", "code", 0b100_111_101_101)
            .File("./shop-1.2/conf/a.ini", "conf").Link("shop-1.2/latest", "bin/shop").HardLink("shop-1.2/bin/twin", "shop-1.2/bin/shop").ToTarGz();

        ExtractedTree tree = await rig.ExtractAsync(archive);

        Assert.Equal(Path.Combine(rig.Destination, "shop-1.2"), tree.Root);
        string shop = Path.Combine(tree.Root, "bin/shop");
        Assert.Equal("code", await File.ReadAllTextAsync(shop));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(shop)); // set-user-id is gone
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_600_000_000), File.GetLastWriteTimeUtc(shop));
        Assert.Equal("bin/shop", new FileInfo(Path.Combine(tree.Root, "latest")).LinkTarget);
        Assert.Equal("code", await File.ReadAllTextAsync(Path.Combine(tree.Root, "bin/twin")));
        Assert.Equal((6, 12L), (tree.Entries, tree.Bytes));
    }

    [Fact]
    public async Task A_hard_link_becomes_a_file_of_its_own()
    {
        using ExtractionRig rig = new();
        ExtractedTree tree = await rig.ExtractAsync(new TarBytes().File("a", "1").File("c").HardLink("b", "a").ToTar());

        await File.WriteAllTextAsync(Path.Combine(tree.Root, "b"), "2");

        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(tree.Root, "a")));
    }

    [Fact]
    public async Task A_single_folder_that_a_deployment_pattern_names_is_not_taken_off()
    {
        using ExtractionRig rig = new();

        ExtractedTree tree = await rig.ExtractAsync(new TarBytes().File("bin/shop").ToTar(), new() { KeepTopFolders = ["bin", "conf"] });

        Assert.Equal(rig.Destination, tree.Root);
    }

    [Fact]
    public async Task Long_names_of_GNU_and_pax_are_read()
    {
        using ExtractionRig rig = new();
        string gnu = "g/" + string.Join('/', Enumerable.Repeat(new string('n', 60), 5));
        string pax = "p/" + string.Join('/', Enumerable.Repeat("长名", 30));
        byte[] archive = new TarBytes()
            .Entry('L', "././@LongLink", content: [.. System.Text.Encoding.UTF8.GetBytes(gnu), 0]).File("short", "gnu")
            .Pax(("path", pax), ("mtime", "1500000000.25"), ("comment", "a\nb")).File("short", "pax").ToTar();

        ExtractedTree tree = await rig.ExtractAsync(archive);

        Assert.Equal("gnu", await File.ReadAllTextAsync(Path.Combine(tree.Root, gnu)));
        Assert.Equal("pax", await File.ReadAllTextAsync(Path.Combine(tree.Root, pax)));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_500_000_000), File.GetLastWriteTimeUtc(Path.Combine(tree.Root, pax)));
    }

    [Theory]
    [InlineData("gnu", "z")]
    [InlineData("posix", "z")]
    [InlineData("ustar", "")]
    [InlineData("v7", "z")]
    public async Task What_the_tar_command_writes_is_read_back_whole(string format, string compression)
    {
        using TemporaryDirectory source = new();
        string deep = format is "gnu" or "posix" ? "tree/" + string.Join('/', Enumerable.Repeat("directory-of-a-long-path", 8)) + "/file" : "tree/deep/file";
        source.Write(deep, RandomNumberGenerator.GetBytes(70_000));
        source.Write("tree/empty", "");
        File.CreateSymbolicLink(source["tree/link"], "empty");
        await RunAsync("tar", source.Root, $"-c{compression}f", "a.tar", "--format=" + format, "tree");
        using ExtractionRig rig = new();

        ExtractedTree tree = await rig.ExtractAsync(await File.ReadAllBytesAsync(source["a.tar"]));

        await RunAsync("diff", source.Root, "-r", "--no-dereference", source["tree"], tree.Root);
    }

    [Fact]
    public async Task What_Pythons_zipfile_writes_is_read_back_whole()
    {
        using TemporaryDirectory source = new();
        source.Write("tree/bin/shop", RandomNumberGenerator.GetBytes(70_000));
        source.Write("tree/名字", new string('a', 5_000));
        await RunAsync("python3", source.Root, "-c",
            "import zipfile,os\nz=zipfile.ZipFile('a.zip','w',zipfile.ZIP_DEFLATED)\nfor d,_,f in os.walk('tree'):\n for n in f: z.write(os.path.join(d,n))\nz.open('tree/big','w',force_zip64=True).write(b'x'*9)\nz.close()\nopen('tree/big','wb').write(b'x'*9)");
        using ExtractionRig rig = new();

        ExtractedTree tree = await rig.ExtractAsync(await File.ReadAllBytesAsync(source["a.zip"]));

        await RunAsync("diff", source.Root, "-r", source["tree"], tree.Root);
    }

    [Fact]
    public async Task Modes_and_links_of_a_zip_made_on_Unix_are_kept()
    {
        using ExtractionRig rig = new();
        byte[] archive = new ZipBytes().File("bin/", [], 0x41ED, method: 0).File("bin/shop", "code"u8.ToArray(), 0x89ED)
            .File("latest", "bin/shop"u8.ToArray(), 0xA1FF, method: 0).ToZip();

        ExtractedTree tree = await rig.ExtractAsync(archive);

        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(Path.Combine(tree.Root, "bin/shop")));
        Assert.Equal("bin/shop", new FileInfo(Path.Combine(tree.Root, "latest")).LinkTarget);
    }

    [Fact]
    public async Task A_file_that_ends_exactly_where_a_read_ends_is_whole()
    {
        byte[] content = RandomNumberGenerator.GetBytes(8100);
        for (int length = 7900; length < 8100; length++)
        {
            using ExtractionRig rig = new();

            ExtractedTree tree = await rig.ExtractAsync(new TarBytes().Entry('0', "a", content: content[..length]).ToTarGz());

            Assert.Equal(length, tree.Bytes);
        }
    }

    [Fact]
    public async Task A_full_disk_is_named_and_nothing_stays()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 1);
        using TemporaryDirectory files = new();
        string archive = files.Write("a", new TarBytes().Entry('0', "big", content: RandomNumberGenerator.GetBytes(3_000_000)).ToTar());
        string destination = Path.Combine(disk.Path, "out");

        NoSpaceRefusal full = await Assert.ThrowsAsync<NoSpaceRefusal>(
            () => ArchiveExtraction.ExtractAsync(archive, destination, new(), null, default));

        Assert.Contains(destination, full.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(destination));
    }

    [Fact]
    public async Task A_disk_without_file_entries_is_a_full_disk_too()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 8, files: 16);
        using TemporaryDirectory files = new();
        TarBytes tar = new();
        for (int i = 0; i < 40; i++)
        {
            tar.File($"f{i}");
        }

        string archive = files.Write("a", tar.ToTar());

        await Assert.ThrowsAsync<NoSpaceRefusal>(
            () => ArchiveExtraction.ExtractAsync(archive, Path.Combine(disk.Path, "out"), new(), null, default));
    }

    [Fact]
    public async Task Cancelling_leaves_nothing()
    {
        using TemporaryDirectory files = new();
        using CancellationTokenSource cancel = new();
        string archive = files.Write("a", new TarBytes().Entry('0', "big", content: new byte[3_000_000]).ToTar());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ArchiveExtraction.ExtractAsync(archive, files["out"], new(), _ => cancel.Cancel(), cancel.Token));

        Assert.False(Path.Exists(files["out"]));
    }

    /// <summary>Whatever entries are thrown together: either the tree is whole and nothing in it leads out, or nothing exists.</summary>
    [Fact]
    public void No_mixture_of_entries_reaches_outside()
    {
        string[] names = ["a", "b", "a/b", "A", "../x", "a/../../x", "/x", "c", "c/d", "c/d/e", ".", "./a", "a\\b"];
        string[] targets = ["a", "..", "../..", "c/d", "../c", ".", "/etc", "c/d/../../..", "b/..", "a/b", "d/.."];
        Gen<(char, string, string)> entries =
            from kind in Gen.Elements('0', '1', '2', '5')
            from name in Gen.Elements(names)
            from target in Gen.Elements(targets)
            select (kind, name, target);
        Prop.ForAll(entries.NonEmptyListOf().ToArbitrary(), list =>
        {
            using ExtractionRig rig = new();
            TarBytes tar = new();
            foreach ((char kind, string name, string target) in list)
            {
                tar.Entry(kind, name, kind is '1' or '2' ? target : "", kind == '0' ? "x"u8.ToArray() : null);
            }

            try
            {
                ExtractedTree tree = rig.ExtractAsync(tar.ToTar()).GetAwaiter().GetResult();
                RequireInside(tree.Root);
            }
            catch (ArchiveRefusal)
            {
                Assert.False(Path.Exists(rig.Destination));
            }

            Assert.False(Path.Exists(Path.Combine(rig.Destination, "../x")));
        }).Check(Properties.Rounds(400));
    }

    private static void RequireInside(string root)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            string real = RealPath(entry.FullName);
            Assert.True(real == root || real.StartsWith(root + "/", StringComparison.Ordinal), $"{entry.FullName} → {real}");
        }
    }

    private static string RealPath(string path)
    {
        using Process process = Process.Start(new ProcessStartInfo("realpath", ["-m", path]) { RedirectStandardOutput = true })!;
        string real = process.StandardOutput.ReadToEnd().TrimEnd('\n');
        process.WaitForExit();
        return real;
    }

    private static async Task RunAsync(string command, string directory, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command}: {output}{await error}");
    }
}
