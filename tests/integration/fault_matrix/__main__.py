from integration.fault_matrix import page

page.PAGE.write_text(page.text())
