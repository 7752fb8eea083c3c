package dev.caravan.warehouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.PermanentException;
import java.time.LocalDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every engine promises about modes, keys, cursors and repeated loads. */
public abstract class LoadGuarantees extends WarehouseFixture {

    private static final LocalDateTime NOON = LocalDateTime.of(2026, 1, 1, 12, 0);

    @Test
    void replaceLeavesExactlyTheRowsOfTheSource() {
        load(TABLE + "?mode=replace", List.of(row("id", 1, "name", "a"), row("id", 2, "name", "b")));
        LoadResult second = load(TABLE + "?mode=replace", List.of(row("id", 3, "name", "c")));

        assertThat(query("SELECT id, name FROM " + TABLE)).containsExactly(List.of(3L, "c"));
        assertThat(second.inserted()).isEqualTo(1);
        assertThat(second.deleted()).isEqualTo(2);
    }

    @Test
    void replaceRefusesAnEmptySourceUnlessAllowed() {
        load(TABLE + "?mode=replace", List.of(row("id", 1)));

        assertThatThrownBy(() -> load(TABLE + "?mode=replace", List.of()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("allowEmpty");
        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(1L);

        load(TABLE + "?mode=replace&allowEmpty=true", List.of());
        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(0L);
    }

    @Test
    void appendKeepsWhatIsThere() {
        load(TABLE + "?mode=append", List.of(row("id", 1)));
        load(TABLE + "?mode=append", List.of(row("id", 1), row("id", 2)));

        assertThat(query("SELECT id FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L), List.of(1L), List.of(2L));
    }

    @Test
    void mergeMovesOnlyChanges() {
        String merge = TABLE + "?mode=merge&key=id&cursor=ts";
        load(merge, List.of(row("id", 1, "name", "a", "ts", NOON), row("id", 2, "name", "b", "ts", NOON)));
        LoadResult second = load(
                merge,
                List.of(
                        row("id", 1, "name", "a", "ts", NOON),
                        row("id", 2, "name", "changed", "ts", NOON.plusHours(1)),
                        row("id", 3, "name", "new", "ts", NOON.plusHours(2))));

        assertThat(second.inserted()).isEqualTo(1);
        assertThat(second.updated()).isEqualTo(1);
        assertThat(query("SELECT id, name FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, "a"), List.of(2L, "changed"), List.of(3L, "new"));
        assertThat(readCursor(TABLE + "?operation=readCursor")).isEqualTo(NOON.plusHours(2));
    }
}
