using System.IO.Compression;
using System.Text;
using Orbit.Agent.Archives;

namespace Orbit.Agent.Tests.Archives;

/// <summary>Each archive here must be refused whole, with the right reason, leaving nothing inside or outside.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private readonly ExtractionRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a/..")]
    [InlineData("/etc/x")]
    [InlineData("..\\x")]
    [InlineData("a\nb")]
    [InlineData("")]
    public async Task A_name_that_leads_out_is_refused_in_both_formats(string name)
    {
        await _rig.RefusesAsync("ARCHIVE_NAME_UNSAFE", new TarBytes().File("fine").File(name).ToTar());
        await _rig.RefusesAsync("ARCHIVE_NAME_UNSAFE", new TarBytes().File("fine").Pax(("path", name + "/../..")).File("n").ToTarGz());
        await _rig.RefusesAsync("ARCHIVE_NAME_UNSAFE", new ZipBytes().File("fine").File(name).ToZip());
    }

    [Fact]
    public Task A_name_that_is_not_UTF8_is_refused() =>
        _rig.RefusesAsync("ARCHIVE_NAME_UNSAFE", new TarBytes().Entry('0', [0x61, 0xFF, 0xFE]).ToTar());

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../../etc")]
    [InlineData("sub/../../x")]
    public async Task A_symbolic_link_out_is_refused(string target)
    {
        await _rig.RefusesAsync("ARCHIVE_LINK_UNSAFE", new TarBytes().File("a").Link("l", target).ToTar());
        await _rig.RefusesAsync(
            "ARCHIVE_LINK_UNSAFE", new ZipBytes().File("a").File("l", Encoding.UTF8.GetBytes(target), 0xA1FF).ToZip());
    }

    [Fact]
    public Task A_chain_of_links_that_leads_out_only_together_is_refused() =>
        _rig.RefusesAsync("ARCHIVE_LINK_UNSAFE", new TarBytes().Folder("a").Folder("a/b").File("c").Link("a/b/up", "../..").Link("out", "a/b/up/..").ToTar());

    [Fact]
    public Task A_link_out_of_the_top_folder_that_is_taken_off_is_refused() =>
        _rig.RefusesAsync("ARCHIVE_LINK_UNSAFE", new TarBytes().File("top/a").Link("top/l", "..").ToTar());

    [Fact]
    public Task Links_in_a_circle_are_refused() =>
        _rig.RefusesAsync("ARCHIVE_LINK_UNSAFE", new TarBytes().File("x").Link("a", "b").Link("b", "a").ToTar());

    [Fact]
    public Task A_file_written_through_a_link_is_refused() =>
        _rig.RefusesAsync("ARCHIVE_NAME_TWICE", new TarBytes().Folder("d").Link("l", "d").File("l/x").ToTar());

    [Fact]
    public Task Any_link_is_refused_where_links_are_not_allowed() =>
        _rig.RefusesAsync("ARCHIVE_LINK_UNSAFE", new TarBytes().File("a").Link("l", "a").ToTar(), new() { AllowLinksInside = false });

    [Theory]
    [InlineData("/etc/passwd", "ARCHIVE_NAME_UNSAFE")]
    [InlineData("../x", "ARCHIVE_NAME_UNSAFE")]
    [InlineData("later", "ARCHIVE_LINK_UNSAFE")]
    [InlineData("d", "ARCHIVE_LINK_UNSAFE")]
    [InlineData("s", "ARCHIVE_LINK_UNSAFE")]
    public Task A_hard_link_to_anything_but_an_earlier_file_is_refused(string target, string reason) =>
        _rig.RefusesAsync(reason, new TarBytes().Folder("d").Link("s", "d").HardLink("l", target).File("later").ToTar());

    [Theory]
    [InlineData('3', "ARCHIVE_SPECIAL_ENTRY")]
    [InlineData('4', "ARCHIVE_SPECIAL_ENTRY")]
    [InlineData('6', "ARCHIVE_SPECIAL_ENTRY")]
    [InlineData('S', "ARCHIVE_UNSUPPORTED")]
    [InlineData('M', "ARCHIVE_UNSUPPORTED")]
    [InlineData('?', "ARCHIVE_UNSUPPORTED")]
    public Task Devices_pipes_and_unknown_entries_are_refused(char kind, string reason) =>
        _rig.RefusesAsync(reason, new TarBytes().File("a").Entry(kind, "special").ToTar());

    [Theory]
    [InlineData(0x1180)]
    [InlineData(0x2180)]
    [InlineData(0x6180)]
    [InlineData(0xC180)]
    public Task Special_entries_of_a_zip_are_refused(int mode) =>
        _rig.RefusesAsync("ARCHIVE_SPECIAL_ENTRY", new ZipBytes().File("a").File("special", [], mode).ToZip());

    [Fact]
    public Task Sparse_files_of_pax_are_refused() =>
        _rig.RefusesAsync("ARCHIVE_UNSUPPORTED", new TarBytes().Pax(("GNU.sparse.major", "1")).File("a").ToTar());

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "A")]
    [InlineData("a", "a/b")]
    [InlineData("a/b", "A/c")]
    [InlineData("a/b", "a")]
    public async Task Entries_that_meet_in_one_place_are_refused(string first, string second)
    {
        await _rig.RefusesAsync("ARCHIVE_NAME_TWICE", new TarBytes().File(first).File(second).ToTar());
        await _rig.RefusesAsync("ARCHIVE_NAME_TWICE", new ZipBytes().File(first).File(second).ToZip());
    }

    [Fact]
    public async Task Bombs_are_stopped_at_their_ratio()
    {
        byte[] zeros = new byte[60_000_000];
        await _rig.RefusesAsync("ARCHIVE_RATIO_TOO_HIGH", new TarBytes().Entry('0', "zeros", content: zeros).ToTarGz());
        await _rig.RefusesAsync("ARCHIVE_RATIO_TOO_HIGH", new ZipBytes().File("zeros", zeros).ToZip());
    }

    [Fact]
    public async Task Too_many_bytes_or_entries_are_refused()
    {
        ExtractionOptions small = new() { Limits = new() { MaxEntries = 10, MaxTotalBytes = 100 } };
        TarBytes tar = new();
        ZipBytes zip = new();
        for (int i = 0; i < 11; i++)
        {
            tar.File($"f{i}");
            zip.File($"f{i}");
        }

        await _rig.RefusesAsync("ARCHIVE_TOO_MANY_ENTRIES", tar.ToTar(), small);
        await _rig.RefusesAsync("ARCHIVE_TOO_MANY_ENTRIES", zip.ToZip(), small);
        await _rig.RefusesAsync("ARCHIVE_TOO_LARGE", new TarBytes().File("a", new string('x', 101)).ToTar(), small);
        await _rig.RefusesAsync("ARCHIVE_TOO_LARGE", new TarBytes().File("a", new string('x', 60)).HardLink("b", "a").ToTar(), small);
        await _rig.RefusesAsync("ARCHIVE_TOO_LARGE", new ZipBytes().File("a", new string('x', 101)).ToZip(), small);
    }

    [Fact]
    public async Task Nothing_that_is_cut_off_anywhere_passes_for_whole()
    {
        byte[] tar = new TarBytes().File("a", new string('x', 600)).File("b").ToTar();
        byte[] gz = new TarBytes().File("a", new string('x', 600)).File("b").ToTarGz();
        byte[] zip = new ZipBytes().File("a", new string('x', 600)).File("b").ToZip();
        for (int cut = 512; cut < tar.Length - 1024; cut += 37)
        {
            await _rig.RefusesAsync("ARCHIVE_DAMAGED", tar[..cut]);
        }

        for (int cut = 16; cut < gz.Length; cut++)
        {
            await _rig.RefusesAsync("ARCHIVE_DAMAGED", gz[..cut]);
        }

        for (int cut = 30; cut < zip.Length; cut++)
        {
            await _rig.RefusesAsync("ARCHIVE_DAMAGED", zip[..cut]);
        }
    }

    [Fact]
    public async Task A_flipped_byte_in_compressed_data_is_noticed()
    {
        byte[] gz = new TarBytes().Entry('0', "a", content: System.Security.Cryptography.RandomNumberGenerator.GetBytes(5_000)).ToTarGz();
        byte[] zip = new ZipBytes().File("a", System.Security.Cryptography.RandomNumberGenerator.GetBytes(5_000)).ToZip();
        gz[2_500] ^= 1;
        zip[2_500] ^= 1;

        await _rig.RefusesAsync("ARCHIVE_DAMAGED", gz);
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", zip);
    }

    [Fact]
    public async Task What_is_encrypted_or_of_an_unknown_method_says_so()
    {
        await _rig.RefusesAsync("ARCHIVE_ENCRYPTED", new ZipBytes().File("a", [1], flags: 1).ToZip());
        await _rig.RefusesAsync("ARCHIVE_ENCRYPTED", new ZipBytes().File("a", [1], method: 99).ToZip());
        await _rig.RefusesAsync("ARCHIVE_UNSUPPORTED", new ZipBytes().File("a", [1], method: 14).ToZip());
    }

    [Fact]
    public async Task A_zip_that_lies_about_itself_is_damaged()
    {
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a", [1, 2], crc: 7).ToZip());
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a", [1, 2], size: 1).ToZip());
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a", [1, 2], size: 3).ToZip());
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a").File("b").ToZip(count: 1));
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a").File("b").ToZip(count: 3));
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a").File("b", [1], offset: 0).ToZip());
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new ZipBytes().File("a").File("b", [1], offset: 900_000).ToZip());
    }

    [Fact]
    public async Task Sizes_that_no_file_can_have_are_damaged_and_not_believed()
    {
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new TarBytes().Entry('0', "a", size: 8_000_000_000).ToTar());
        await _rig.RefusesAsync("ARCHIVE_DAMAGED", new TarBytes().Pax(("size", "-1")).File("a").ToTar());
        await _rig.RefusesAsync("ARCHIVE_UNSUPPORTED", new TarBytes().Entry('L', "n", size: 2_000_000_000).ToTar());
    }

    [Fact]
    public async Task An_archive_with_nothing_in_it_is_refused()
    {
        using MemoryStream empty = new();
        using (GZipStream gzip = new(empty, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(new byte[10_240]);
        }

        await _rig.RefusesAsync("ARCHIVE_EMPTY", empty.ToArray());
        await _rig.RefusesAsync("ARCHIVE_EMPTY", new ZipBytes().ToZip());
        await _rig.RefusesAsync("ARCHIVE_UNSUPPORTED", "<html>"u8.ToArray());
    }
}
