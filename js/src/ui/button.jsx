/**
 * A button that sends no form, whatever a host has around it.
 *
 * @param {import("preact").ComponentProps<"button">} props
 */
export const Button = (props) => <button type="button" {...props} />;
