package dev.caravan.operations;

/** A check that does not apply to this installation. */
public record NotApplicable(String name, String reason) implements Check {

    @Override
    public Finding run() {
        return notApplicable(reason);
    }
}
